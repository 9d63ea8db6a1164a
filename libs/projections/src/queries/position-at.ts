import type { Instant } from '@lacuna/domain/kernel';
import type { EventStore, Position, RecordedEvent } from '@lacuna/event-store';

type Log = Pick<EventStore, 'readAll' | 'head' | 'recordedDisorderMs'>;

const nextAfter = async (log: Log, after: Position, head: Position): Promise<RecordedEvent | null> => {
  if (after >= head) return null;
  for await (const { events } of log.readAll(after, { batchSize: 1, upTo: head }))
    if (events[0]) return events[0];
  return null;
};

/** A position that holds the last event of its time where recorded times rise, and lies before it where they nearly do. */
const byHalves = async (log: Log, instant: Instant, head: Position): Promise<Position> => {
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

const lastUntilLater = async (
  log: Log,
  instant: Instant,
  after: Position,
  head: Position,
): Promise<Position> => {
  let last = after;
  if (after >= head) return last;
  for await (const { events } of log.readAll(after, { upTo: head }))
    for (const { position, recordedAt } of events) {
      if (recordedAt > instant) return last;
      last = position;
    }
  return last;
};

/**
 * The position before the first event that was recorded after an instant (0: none is before it): the running maximum
 * of the recorded times has not passed the instant there. Where recorded times never run backwards a search by
 * halves finds it; where they may by so much, it is looked for from so much earlier. The same for ever once the
 * instant is past.
 */
export const positionAt = async (log: Log, instant: Instant): Promise<Position> => {
  const head = await log.head();
  const disorder = log.recordedDisorderMs ?? 0;
  if (disorder === 0) return byHalves(log, instant, head);
  const earlier = new Date(Date.parse(instant) - disorder).toISOString();
  return lastUntilLater(log, instant, await byHalves(log, earlier, head), head);
};
