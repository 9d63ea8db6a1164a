import type { SubjectRef } from '@lacuna/custody';
import { loadStream } from '../execute/load.js';
import type { Ports } from '../ports.js';
import { holds } from './claimed-fields.js';

/** The claims that one append took into use. */
export type TakenClaims = Readonly<{
  subject: SubjectRef;
  stream: string;
  eventId: string;
  kinds: readonly string[];
  ids: readonly string[];
}>;

/**
 * After a correction has committed: its claims are confirmed and those of the old values freed, never before.
 * Where a later event has set the field already, nothing is touched: that event's own turn does it, and what is left
 * open is settled by what the log says. Safe to repeat.
 */
export const freeOldClaims = async (
  { custody, store, confirmations }: Ports,
  taken: TakenClaims,
): Promise<void> => {
  if (taken.ids.length === 0) return;
  // The old value may be so new that its claim still waits to be confirmed: only confirmed ones are listed.
  await confirmations.flush();
  // Listed before the log is read: what a later correction confirms is never among what is freed here.
  const listed = await Promise.all(taken.kinds.map((kind) => custody.claimsOf(taken.subject, kind)));
  const { events } = await loadStream(store, taken.stream);
  if (!taken.kinds.every((kind) => holds(events, { kind, eventId: taken.eventId }))) return;
  await custody.confirmClaims(taken.ids);
  const old = listed.flat().filter((id) => !taken.ids.includes(id));
  if (old.length > 0) await custody.releaseClaims(old);
};
