import { createPostgresEventStore } from '../postgres/postgres-event-store.js';
import { eventLogSchema } from '../postgres/event-log-schema.js';
import {
  freshDatabase,
  startEventStoreDbDouble,
  type EventStoreDbDouble,
  type FreshDatabase,
} from '@lacuna/testing';
import { aName, anEvent, aRequest, someEvents } from '../contract/sample-events.js';
import type { ClosableEventStore, EventStore } from '../event-store.port.js';
import { openEventStoreDbStore } from '../eventstoredb/open-eventstoredb-store.js';
import { copyLog, type CopyReport } from './copy-log.js';
import { openLogEnd } from './log-end.js';
import type { LogEnd, LogLoader } from './log-loader.js';
import { eventsOf, proofOf } from './log-proof.js';

let database: FreshDatabase;
let double: EventStoreDbDouble;
let store: ClosableEventStore;
let ends: LogEnd[];

beforeEach(async () => {
  database = await freshDatabase(eventLogSchema);
  // At the server's own limit: a load needs no more.
  double = await startEventStoreDbDouble();
  store = createPostgresEventStore({ connectionString: database.runtimeUrl });
  ends = [];
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end.close()));
  await store.close();
  await double.close();
  await database.drop();
});

const end = async (url: string): Promise<LogEnd> => {
  const opened = await openLogEnd(url);
  ends.push(opened);
  return opened;
};

const copy = async (
  from: string,
  to: string,
  loader?: (own: LogLoader) => LogLoader,
): Promise<CopyReport> => {
  const [source, target] = [await end(from), await end(to)];
  return copyLog({
    source: source.store,
    target: target.store,
    openLoader: async () => {
      const own = await target.openLoader();
      return loader ? loader(own) : own;
    },
    chunk: 7,
  });
};

/** Streams that interleave, appends of several events, times that rise, text of every kind. */
const fill = async (target: EventStore, count: number): Promise<void> => {
  const streams = Array.from({ length: 4 }, () => aName());
  for (let index = 0; index < count; index += 1)
    await target.append(
      aRequest(streams[index % 4] ?? '', {
        events: [...someEvents((index % 3) + 1), anEvent({ text: '车主 🚗 \u0000 " \\', index })],
        now: new Date(Date.UTC(1998, 6, 1, 0, index)).toISOString(),
      }),
    );
};

it('moves a log to EventStoreDB and back, and proves count, order and bytes equal', async () => {
  await fill(store, 30);
  const there = await copy(database.ownerUrl, double.connectionString);
  expect(there).toMatchObject({ found: 0n, loaded: 90n });
  const other = await freshDatabase(eventLogSchema);
  const back = await copy(double.connectionString, other.ownerUrl);
  expect(back.proof).toEqual(there.proof);
  const returned = createPostgresEventStore({ connectionString: other.runtimeUrl });
  const [first, second] = [[], []] as [object[], object[]];
  for await (const event of eventsOf(store)) first.push(event);
  for await (const event of eventsOf(returned)) second.push(event);
  // From PostgreSQL to PostgreSQL even the positions are the same.
  expect(second).toEqual(first);
  const next = await returned.append(aRequest(aName(), { now: '1990-01-01T00:00:00.000Z' }));
  expect(next).toMatchObject({ position: 91n, recordedAt: '1998-07-01T00:29:00.000Z' });
  await Promise.all(ends.splice(0).map((one) => one.close()));
  await returned.close();
  await other.drop();
});

it('the copy is a log like any other: known ids are known, streams and times go on', async () => {
  await fill(store, 8);
  await copy(database.ownerUrl, double.connectionString);
  const first = await eventsOf(store).next();
  if (first.done) throw new Error('the log is empty');
  const { revision, recordedAt, stream, id, type, schemaVersion, data, metadata } = first.value;
  const event = { id, type, schemaVersion, data, metadata };
  const moved = await openEventStoreDbStore({ connectionString: double.connectionString });
  expect(await moved.append(aRequest(stream, { events: [event] }))).toMatchObject({
    kind: 'known',
    revision,
    recordedAt,
  });
  await expect(moved.append(aRequest(aName(), { events: [event] }))).rejects.toMatchObject({
    code: 'EVENT_ID_REUSED',
  });
  const next = await moved.append(aRequest(stream, { now: '1990-01-01T00:00:00.000Z' }));
  expect(next).toMatchObject({ kind: 'appended', recordedAt: '1998-07-01T00:07:00.000Z' });
  await moved.close();
});

it.each(['to EventStoreDB', 'to PostgreSQL'])(
  'killed in the middle it goes on where it was: %s',
  async (way) => {
    await fill(store, 20);
    const other = await freshDatabase(eventLogSchema);
    const to = way === 'to EventStoreDB' ? double.connectionString : other.ownerUrl;
    let loads = 0;
    const dying = (own: LogLoader): LogLoader => ({
      ...own,
      load: async (events) => {
        loads += 1;
        if (loads === 4 || loads === 9) {
          await own.load(events.slice(0, 3));
          throw new Error('killed');
        }
        await own.load(events);
      },
    });
    await expect(copy(database.ownerUrl, to, dying)).rejects.toThrow('killed');
    await expect(copy(database.ownerUrl, to, dying)).rejects.toThrow('killed');
    const report = await copy(database.ownerUrl, to);
    expect(report.found).toBe(3n * 7n + 3n + 4n * 7n + 3n);
    expect(report.proof).toEqual(await proofOf(store));
    expect(await copy(database.ownerUrl, to)).toEqual({ ...report, found: report.proof.events, loaded: 0n });
    await Promise.all(ends.splice(0).map((one) => one.close()));
    await other.drop();
  },
);

it('refuses a target that is no beginning of the source, and writes nothing', async () => {
  await fill(store, 5);
  const foreign = await openEventStoreDbStore({ connectionString: double.connectionString });
  await foreign.append(aRequest(aName()));
  await expect(copy(database.ownerUrl, double.connectionString)).rejects.toMatchObject({
    code: 'TARGET_DIFFERS',
  });
  expect((await proofOf(foreign)).events).toBe(1n);
  // A source that is shorter than the target is no source of it either.
  const longer = await freshDatabase(eventLogSchema);
  await copy(database.ownerUrl, longer.ownerUrl);
  const more = createPostgresEventStore({ connectionString: longer.runtimeUrl });
  await more.append(aRequest(aName()));
  await expect(copy(database.ownerUrl, longer.ownerUrl)).rejects.toMatchObject({ code: 'TARGET_DIFFERS' });
  await more.close();
  await foreign.close();
  await Promise.all(ends.splice(0).map((one) => one.close()));
  await longer.drop();
});

/** The first two neighbours of different streams in each other's place: every stream is as it was. */
const swapped = (events: Parameters<LogLoader['load']>[0]): typeof events => {
  const index = events.findIndex((event, at) => events[at + 1] && events[at + 1]?.stream !== event.stream);
  const [one, other] = [events[index], events[index + 1]];
  if (!one || !other) return events;
  return [...events.slice(0, index), other, one, ...events.slice(index + 2)];
};

it('one recorded time, one byte of data or the order changed on the way is found by the proof', async () => {
  await fill(store, 6);
  for (const change of [
    (events: Parameters<LogLoader['load']>[0]) =>
      events.map((event, index) =>
        index === 2 ? { ...event, recordedAt: '1999-01-01T00:00:00.000Z' } : event,
      ),
    (events: Parameters<LogLoader['load']>[0]) =>
      events.map((event, index) => (index === 2 ? { ...event, data: { ...event.data, index: -1 } } : event)),
    swapped,
  ]) {
    const other = await freshDatabase(eventLogSchema);
    const changing = (own: LogLoader): LogLoader => ({ ...own, load: (events) => own.load(change(events)) });
    await expect(copy(database.ownerUrl, other.ownerUrl, changing)).rejects.toMatchObject({
      code: 'COPY_DIFFERS',
    });
    await Promise.all(ends.splice(0).map((one) => one.close()));
    await other.drop();
  }
});

it('lets go of the source where the target is refused, or cannot be loaded', async () => {
  await fill(store, 5);
  let [begun, ended] = [0, 0];
  const source: Pick<EventStore, 'readAll' | 'head'> = {
    head: () => store.head(),
    readAll: async function* (...asked) {
      begun += 1;
      try {
        yield* store.readAll(...asked);
      } finally {
        ended += 1;
      }
    },
  };
  const other = await freshDatabase(eventLogSchema);
  const target = createPostgresEventStore({ connectionString: other.runtimeUrl });
  const openLoader = (): Promise<LogLoader> => Promise.reject(new Error('no loader'));
  const first = { ...(await eventsOf(store).next()).value };
  await target.append(aRequest(first.stream ?? '', { events: [anEvent(), anEvent()] }));
  await expect(copyLog({ source, target, openLoader })).rejects.toMatchObject({ code: 'TARGET_DIFFERS' });
  expect([begun, ended]).toEqual([1, 1]);
  await target.close();
  await other.drop();
});

it('loads as the owner only: the runtime role could not, and nothing of its password is said', async () => {
  await fill(store, 2);
  const other = await freshDatabase(eventLogSchema);
  const error: unknown = await copy(database.ownerUrl, other.runtimeUrl).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'STORE_REFUSED' });
  expect(String(error)).toContain('owner');
  expect(String(error)).not.toContain(new URL(other.runtimeUrl).password);
  await expect(openLogEnd('mysql://root:hunter2@x/y')).rejects.not.toThrow('hunter2');
  await Promise.all(ends.splice(0).map((one) => one.close()));
  await other.drop();
});
