import { randomUUID } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import type { RecordedEvent } from '../event-store.port.js';
import { encodeEnvelope } from '../log/stored-event.js';
import type { LogLoader } from '../transfer/log-loader.js';
import type { StreamWrite, WriteAnswer } from './batch-requests.js';
import { createBatchWriter, type BatchWriter } from './batch-writer.js';
import type { EventStoreDbStoreOptions } from './eventstoredb-options.js';
import { inPieces } from './in-pieces.js';
import { LogClient } from './log-client.js';
import { createReservations, type Reservation, type Reservations } from './reservations.js';
import { withRetries, type RetryPolicy } from './retry.js';
import { encodeRecordedAt } from './server-records.js';
import { createServerReads } from './server-reads.js';
import { serverStream } from './stream-names.js';

const RECONNECT_MS = 30_000;
const ANSWER_MS = 10_000;
// One append stays below the server's own limit, whatever it was set to.
const RUN_BYTES = 524_288;

type Run = Readonly<{ events: readonly RecordedEvent[]; write: StreamWrite }>;

const runOf = (events: readonly RecordedEvent[]): Run | null => {
  const [first] = events;
  if (!first) return null;
  const records = events.map((event) => ({
    id: event.id,
    type: event.type,
    data: Buffer.from(encodeEnvelope(event)),
    metadata: encodeRecordedAt(event.recordedAt),
  }));
  const expected = first.revision === 0n ? 'none' : first.revision - 1n;
  return { events, write: { stream: serverStream(first.stream), expected, records } };
};

/** What follows each other in one stream goes in one append; the order of the log stays. */
const runsOf = (events: readonly RecordedEvent[]): readonly Run[] => {
  const groups: RecordedEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const size = JSON.stringify(event.data).length + 1_000;
    const group = groups.at(-1);
    bytes += size;
    if (group?.[0]?.stream === event.stream && bytes <= RUN_BYTES) group.push(event);
    else {
      groups.push([event]);
      bytes = size;
    }
  }
  return groups.flatMap((group) => runOf(group) ?? []);
};

/** A load that is begun again finds its own reservations, which say the same. */
const reserve = async (reservations: Reservations, run: Run, event: RecordedEvent): Promise<void> => {
  const { stream, revision, recordedAt } = event;
  const reservation: Reservation = {
    stream,
    revision,
    recordedAt,
    start: run.events[0]?.revision ?? revision,
  };
  if (await reservations.reserve(event.id, reservation, randomUUID())) return;
  const others = await reservations.of(event.id);
  if (!others.some((other) => other.stream === stream && other.revision === revision))
    throw new LacunaError('TARGET_DIFFERS', 'the target has an event id of the source reserved elsewhere');
};

const writeAll = async (writer: BatchWriter, policy: RetryPolicy, runs: readonly Run[]): Promise<void> => {
  const answers = new Map<Run, WriteAnswer>();
  await withRetries(policy, async () => {
    const open = runs.filter((run) => !answers.has(run));
    const settled = await Promise.allSettled(open.map((run) => writer.write(run.write)));
    let failure: unknown = null;
    settled.forEach((answer, index) => {
      const run = open[index];
      if (answer.status === 'rejected') failure ??= answer.reason;
      else if (run) answers.set(run, answer.value);
    });
    if (failure instanceof Error) throw failure;
  });
  for (const run of runs) {
    const answer = answers.get(run);
    if (answer?.kind !== 'written' || answer.revision !== run.events.at(-1)?.revision)
      throw new LacunaError('TARGET_DIFFERS', 'a stream of the target does not end where the source says');
  }
};

/** Loads over one call, in the order of the source; a load that broke off is begun again with the same events. */
export const openEventStoreDbLoader = ({ connectionString }: EventStoreDbStoreOptions): LogLoader => {
  const client = new LogClient(connectionString);
  const closing = new AbortController();
  const policy = { reconnectMs: RECONNECT_MS, signal: closing.signal };
  const writer = createBatchWriter(client, ANSWER_MS);
  const reads = createServerReads(client, policy, ANSWER_MS);
  const reservations = createReservations(writer, reads, policy);
  return {
    load: async (events) => {
      const runs = runsOf(events);
      const each = runs.flatMap((run) => run.events.map((event) => ({ run, event })));
      await inPieces(each, ({ run, event }) => reserve(reservations, run, event));
      await writeAll(writer, policy, runs);
    },
    close: async () => {
      closing.abort();
      writer.close();
      await client.close();
    },
  };
};
