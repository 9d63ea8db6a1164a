import type { QueryArrayConfig } from 'pg';
import type { RecordedEvent, StreamSlice } from '../event-store.port.js';
import type { CheckedStreamRead } from '../log/read-checks.js';
import { createBatchQueue, type BatchQueue, type Settled } from '../log/batch-queue.js';
import { int4Array, int8Array, textArray } from './binary-array.js';
import { EVENT_COLUMNS, eventOfRow, type EventRow } from './event-rows.js';
import type { ReadConnections } from './read-connections.js';

const MAX_READS = 256;
// What one answer may hold at most, so that a batch of long reads does not fill the memory.
const MAX_EVENTS = 10_000;

const newReadBatch = (): ((read: CheckedStreamRead) => boolean) => {
  let direction: CheckedStreamRead['direction'] | null = null;
  let reads = 0;
  let events = 0;
  return (read) => {
    direction ??= read.direction;
    if (read.direction !== direction || reads >= MAX_READS) return false;
    if (reads > 0 && events + read.limit > MAX_EVENTS) return false;
    reads += 1;
    events += read.limit;
    return true;
  };
};

// The last revision comes from the same snapshot as the events; the event's columns are null where there is none.
const statement = (compare: '>=' | '<=', order: 'ASC' | 'DESC'): string => `
  SELECT r.ordinal::int,
         (SELECT l.revision FROM log.events l WHERE l.stream = r.stream ORDER BY l.revision DESC LIMIT 1),
         ${EVENT_COLUMNS}
    FROM unnest($1::text[], $2::int8[], $3::int4[]) WITH ORDINALITY AS r (stream, start, most, ordinal)
    LEFT JOIN LATERAL (
      SELECT * FROM log.events f
       WHERE f.stream = r.stream AND f.revision ${compare} r.start ORDER BY f.revision ${order} LIMIT r.most
    ) e ON true
   ORDER BY r.ordinal, e.revision ${order}`;

const STATEMENTS = { forward: statement('>=', 'ASC'), backward: statement('<=', 'DESC') };

const readQuery = (batch: readonly CheckedStreamRead[]): QueryArrayConfig => {
  const direction = batch[0]?.direction ?? 'forward';
  return {
    name: `lacuna-read-${direction}`,
    text: STATEMENTS[direction],
    values: [
      textArray(batch.map((read) => read.stream)),
      int8Array(batch.map((read) => read.from)),
      int4Array(batch.map((read) => read.limit)),
    ],
    rowMode: 'array',
  };
};

type SliceRow = readonly [number, string | null, ...(EventRow | readonly null[])];

const slicesOf = (count: number, rows: readonly SliceRow[]): Settled<StreamSlice>[] => {
  const slices = Array.from({ length: count }, () => ({
    events: [] as RecordedEvent[],
    last: null as bigint | null,
  }));
  for (const [ordinal, last, ...event] of rows) {
    const slice = slices[ordinal - 1];
    if (!slice) continue;
    slice.last = last === null ? null : BigInt(last);
    if (event[0] !== null) slice.events.push(eventOfRow(event as EventRow));
  }
  return slices.map((answer) => ({ answer }));
};

/** Reads of one moment share a round trip, as every command begins with one. */
export const createStreamReader = (
  connections: ReadConnections,
  maxQueued: number,
): BatchQueue<CheckedStreamRead, StreamSlice> =>
  createBatchQueue({
    maxQueued,
    maxInFlight: 1,
    newBatch: newReadBatch,
    run: async (batch) => slicesOf(batch.length, await connections.rows<SliceRow>(readQuery(batch))),
  });
