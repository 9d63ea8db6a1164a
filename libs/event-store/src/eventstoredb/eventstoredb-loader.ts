import { randomUUID } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import type { RecordedEvent } from '../event-store.port.js';
import { encodeEnvelope } from '../log/stored-event.js';
import type { LogLoader } from '../transfer/log-loader.js';
import type { StreamWrite, WriteAnswer } from './batch-requests.js';
import { createBatchWriter, type BatchWriter } from './batch-writer.js';
import { inPieces } from './in-pieces.js';
import { LogClient } from './log-client.js';
import { createReservations, type Reservation, type Reservations } from './reservations.js';
import { withRetries, type RetryPolicy } from './retry.js';
import { encodeRecordedAt } from './server-records.js';
import { createServerReads } from './server-reads.js';
import { kindOfFailure, lost } from './store-errors.js';
import { serverStream } from './stream-names.js';

const RECONNECT_MS = 30_000;
const ANSWER_MS = 10_000;
// One append stays below the server's own limit, whatever it was set to.
const RUN_BYTES = 524_288;

type Encoded = Readonly<{ event: RecordedEvent; record: StreamWrite['records'][number] }>;
type Run = Readonly<{ events: readonly RecordedEvent[]; write: StreamWrite }>;

const encoded = (event: RecordedEvent): Encoded => ({
  event,
  record: {
    id: event.id,
    type: event.type,
    data: Buffer.from(encodeEnvelope(event)),
    metadata: encodeRecordedAt(event.recordedAt),
  },
});

// The server counts two bytes for each letter of the type.
const bytesOf = ({ type, data, metadata }: Encoded['record']): number =>
  data.length + metadata.length + 2 * type.length;

const runOf = (group: readonly Encoded[]): Run | null => {
  const first = group[0]?.event;
  if (!first) return null;
  const expected = first.revision === 0n ? 'none' : first.revision - 1n;
  const records = group.map(({ record }) => record);
  const write = { stream: serverStream(first.stream), expected, records } as const;
  return { events: group.map(({ event }) => event), write };
};

/** What follows each other in one stream goes in one append; the order of the log stays. */
const runsOf = (events: readonly RecordedEvent[]): readonly Run[] => {
  const groups: Encoded[][] = [];
  let bytes = 0;
  for (const one of events.map(encoded)) {
    const size = bytesOf(one.record);
    const group = groups.at(-1);
    bytes += size;
    if (group?.[0]?.event.stream === one.event.stream && bytes <= RUN_BYTES) group.push(one);
    else {
      groups.push([one]);
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

const differs = (): LacunaError =>
  new LacunaError('TARGET_DIFFERS', 'a stream of the target does not end where the source says');

const isWhole = (run: Run, answer: WriteAnswer): boolean =>
  answer.kind === 'written' && answer.revision === run.events.at(-1)?.revision;

/** What was not answered is written again, in the same order; but nothing behind a run that was refused. */
const writeAll = async (writer: BatchWriter, policy: RetryPolicy, runs: readonly Run[]): Promise<void> => {
  let open = runs;
  await withRetries(policy, async () => {
    const settled = await Promise.allSettled(open.map((run) => writer.write(run.write)));
    const failures: unknown[] = [];
    open = open.filter((run, index) => {
      const answer = settled[index];
      if (answer?.status !== 'fulfilled') return failures.push(answer?.reason) > 0;
      if (!isWhole(run, answer.value)) throw differs();
      return false;
    });
    const failure = failures.find((reason) => kindOfFailure(reason) !== 'lost') ?? failures[0];
    if (failures.length > 0) throw failure instanceof Error ? failure : lost('write');
  });
};

/** Loads over one call, in the order of the source; a load that broke off is begun again with the same events. */
export const openEventStoreDbLoader = (connectionString: string): LogLoader => {
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
