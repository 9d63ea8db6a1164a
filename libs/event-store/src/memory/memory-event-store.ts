import { LacunaError } from '@lacuna/domain/kernel';
import type {
  AllRead,
  AppendRequest,
  AppendResult,
  ClosableEventStore,
  LogBatch,
  Position,
  Revision,
  StreamRead,
  StreamSlice,
} from '../event-store.port.js';
import { checkAppend, type CheckedAppend } from '../log/append-checks.js';
import { checkAllRead, checkNotAhead, checkStreamRead, type CheckedAllRead } from '../log/read-checks.js';
import { decodeEvent, type StoredEvent } from '../log/stored-event.js';

/** Everything this engine holds. The event at position p is `events[p - 1]`. */
type MemoryLog = {
  readonly events: StoredEvent[];
  readonly streams: Map<string, StoredEvent[]>;
  readonly byId: Map<string, StoredEvent>;
  readonly waiting: Set<() => void>;
};

const lastOf = (log: MemoryLog, stream: string): Revision | null =>
  log.streams.get(stream)?.at(-1)?.revision ?? null;

const headOf = (log: MemoryLog): Position => BigInt(log.events.length);

const answer = (
  kind: 'appended' | 'known',
  { revision, position, recordedAt }: StoredEvent,
): AppendResult => ({
  kind,
  revision,
  position,
  recordedAt,
});

/** The first answer, when every id stands in this stream, one after the other as now requested. */
const knownAnswer = (log: MemoryLog, request: CheckedAppend): AppendResult | null => {
  const known = request.events.flatMap((event) => log.byId.get(event.id) ?? []);
  const [first] = known;
  const last = known.at(-1);
  if (!first || !last) return null;
  const isSameRun = known.every(
    (event, index) => event.stream === request.stream && event.revision === first.revision + BigInt(index),
  );
  if (!isSameRun || known.length !== request.events.length) throw new LacunaError('EVENT_ID_REUSED');
  return answer('known', last);
};

const meetsExpectation = (expected: CheckedAppend['expected'], actual: Revision | null): boolean =>
  expected === 'any' || (expected === 'none' ? actual === null : expected === actual);

const write = (log: MemoryLog, request: CheckedAppend): AppendResult => {
  const known = knownAnswer(log, request);
  if (known) return known;
  const actual = lastOf(log, request.stream);
  if (!meetsExpectation(request.expected, actual)) return { kind: 'conflict', actual };
  const previous = log.events.at(-1)?.recordedAt ?? '';
  const recordedAt = previous > request.now ? previous : request.now;
  const first = { position: headOf(log) + 1n, revision: (actual ?? -1n) + 1n };
  const stored = request.events.map((event, index) => ({
    ...event,
    stream: request.stream,
    recordedAt,
    position: first.position + BigInt(index),
    revision: first.revision + BigInt(index),
  }));
  keep(log, request.stream, stored);
  return answer('appended', stored.at(-1) as StoredEvent);
};

const keep = (log: MemoryLog, stream: string, stored: readonly StoredEvent[]): void => {
  const events = log.streams.get(stream) ?? [];
  log.streams.set(stream, events);
  for (const event of stored) {
    log.events.push(event);
    events.push(event);
    log.byId.set(event.id, event);
  }
  for (const wake of [...log.waiting]) wake();
};

const sliceOf = (log: MemoryLog, stream: string, read: StreamRead): StreamSlice => {
  const { direction, from, limit } = checkStreamRead(stream, read);
  const all = log.streams.get(stream) ?? [];
  const found =
    direction === 'forward'
      ? all.filter((event) => event.revision >= from)
      : all.filter((event) => event.revision <= from).reverse();
  return { events: found.slice(0, limit).map(decodeEvent), last: lastOf(log, stream) };
};

const endOf = ({ upTo }: CheckedAllRead, head: Position): Position =>
  upTo !== null && upTo < head ? upTo : head;

const batchAfter = (log: MemoryLog, after: Position, read: CheckedAllRead): LogBatch => {
  const head = headOf(log);
  const end = endOf(read, head);
  const events = log.events.slice(Number(after), Math.min(Number(end), Number(after) + read.batchSize));
  const position = events.at(-1)?.position ?? after;
  return { events: events.map(decodeEvent), position, caughtUp: position >= head };
};

/** Resolves when something has been appended after `position`, or the signal aborts. */
const movedBeyond = (log: MemoryLog, position: Position, signal: AbortSignal | null): Promise<void> =>
  new Promise((resolve) => {
    if (headOf(log) > position || signal?.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      log.waiting.delete(wake);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    log.waiting.add(wake);
    signal?.addEventListener('abort', wake);
  });

async function* allAfter(opened: () => MemoryLog, after: Position, read: AllRead): AsyncGenerator<LogBatch> {
  const checked = checkAllRead(after, read);
  if (checked.signal?.aborted) return;
  const log = opened();
  const head = headOf(log);
  checkNotAhead(after, head);
  const end = endOf(checked, head);
  let batch: LogBatch | undefined;
  while (!checked.signal?.aborted && (batch === undefined || batch.position < end)) {
    await Promise.resolve();
    batch = batchAfter(log, batch?.position ?? after, { ...checked, upTo: end });
    yield batch;
  }
}

async function* subscription(log: MemoryLog, after: Position, read: AllRead): AsyncGenerator<LogBatch> {
  const { upTo, signal } = checkAllRead(after, read);
  let position = after;
  while (!signal?.aborted) {
    for await (const batch of allAfter(() => log, position, read)) {
      yield batch;
      position = batch.position;
    }
    if (upTo !== null && position >= upTo) return;
    await movedBeyond(log, position, signal);
  }
}

/**
 * The log in memory: for unit tests and for trying things out. Nothing survives the process.
 * It keeps envelopes as text, so that no caller shares an object with the log.
 */
export const createMemoryEventStore = (): ClosableEventStore => {
  const log: MemoryLog = { events: [], streams: new Map(), byId: new Map(), waiting: new Set() };
  const closing = new AbortController();
  const opened = (): MemoryLog => {
    if (closing.signal.aborted) throw new LacunaError('STORE_UNAVAILABLE', 'the store is closed');
    return log;
  };
  const untilClosed = (read: AllRead): AllRead => ({
    ...read,
    signal: read.signal ? AbortSignal.any([read.signal, closing.signal]) : closing.signal,
  });
  return {
    // Async functions, so that a refusal is a rejection as in every other engine.
    append: async (request: AppendRequest) => Promise.resolve(write(opened(), checkAppend(request))),
    readStream: async (stream, read = {}) => Promise.resolve(sliceOf(opened(), stream, read)),
    readAll: (after, read = {}) => allAfter(opened, after, read),
    subscribe: (after, read = {}) => subscription(log, after, untilClosed(read)),
    head: async () => Promise.resolve(headOf(opened())),
    close: async () => {
      closing.abort();
      await Promise.resolve();
    },
  };
};
