import type { Instant } from '@lacuna/domain/kernel';
import type { EventStore, Position, RecordedEvent } from '@lacuna/event-store';

type Log = Pick<EventStore, 'readAll' | 'head'>;

const nextAfter = async (log: Log, after: Position, head: Position): Promise<RecordedEvent | null> => {
  if (after >= head) return null;
  for await (const { events } of log.readAll(after, { batchSize: 1, upTo: head }))
    if (events[0]) return events[0];
  return null;
};

/**
 * The position of the last event recorded at or before an instant (0: none). Recorded time never runs backwards, so
 * a search by halves finds it; the answer is the same for ever once the instant is past.
 */
export const positionAt = async (log: Log, instant: Instant): Promise<Position> => {
  const head = await log.head();
  let low = 0n;
  let high = head;
  while (low < high) {
    const middle = (low + high) / 2n;
    const next = await nextAfter(log, middle, head);
    if (next && next.recordedAt <= instant) low = next.position;
    else high = middle;
  }
  return low;
};
