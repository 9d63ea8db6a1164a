import type { LocalDate } from '../kernel/index.js';
import type { IntegrationEvent } from './integration-event.js';

/**
 * Whether it refers to a behaviour of a day that is unlinkable, or about to be: then it goes out no more, by no way.
 * `lastClosed`: the newest such day of its organisation; null: nobody knows, which is no leave.
 */
export const isOfClosedDay = (
  { context, data }: Pick<IntegrationEvent, 'context' | 'data'>,
  lastClosed: () => LocalDate | null,
): boolean => {
  if (context !== 'behaviour') return false;
  const closed = lastClosed();
  return closed === null || String(data?.['day']) <= closed;
};
