import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import {
  createPostgresEventStore,
  eventLogSchema,
  type ClosableEventStore,
  type EventStore,
} from '@lacuna/event-store';
import { connectTo, createProjectionRunner, openViewQueries, replay, viewsSchema } from '@lacuna/projections';
import { appendLines, freshDatabase, id, registered, type FreshDatabase } from '@lacuna/testing';

let database: FreshDatabase;
let store: ClosableEventStore;

beforeEach(async () => {
  database = await freshDatabase(eventLogSchema, viewsSchema);
  store = createPostgresEventStore({ connectionString: database.runtimeUrl });
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

const eventsOf = async (from: EventStore, count: number): Promise<number> => {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 20_000);
  let seen = 0;
  try {
    for await (const { events } of from.subscribe(0n, { signal: limit.signal })) {
      seen += events.length;
      if (seen >= count) break;
    }
  } finally {
    clearTimeout(timer);
  }
  return seen;
};

it('B04 a long write in another database of the server holds no reader of the log up', async () => {
  const elsewhere = await freshDatabase();
  const foreign = new Client({ connectionString: elsewhere.ownerUrl });
  await foreign.connect();
  try {
    await foreign.query('CREATE TABLE work (n integer)');
    await foreign.query('BEGIN');
    await foreign.query('INSERT INTO work VALUES (1)');
    const lines = Array.from({ length: 50 }, (_, n) => registered({ memberId: id(n + 1) }));
    await appendLines(store, ...lines);
    // The fault is there: whoever waits for all older transactions of the server, as readers below xmin do, sees nothing.
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const { rows } = await owner.query<{ visible: number }>(
      `SELECT count(*) FILTER (WHERE e.xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)::integer AS visible
       FROM log.events e`,
    );
    await owner.end();
    expect(rows).toEqual([{ visible: 0 }]);
    // Ours are given out in the order of a lock, and read as soon as they stand.
    expect(await eventsOf(store, 50)).toBe(50);
    const runner = createProjectionRunner({ store, databaseUrl: database.runtimeUrl });
    runner.start();
    await runner.drain(20_000);
    await runner.stop();
    expect(await replay({ store, databaseUrl: database.runtimeUrl })).toMatchObject({ same: true });
  } finally {
    await foreign.query('ROLLBACK');
    await foreign.end();
    await elsewhere.drop();
  }
});

/** Hands batches on, and counts those that were asked for and not yet worked on. */
const counting = (log: EventStore) => {
  const counted = { ahead: 0, most: 0, batches: 0, events: 0 };
  const subscribe: EventStore['subscribe'] = (after, options) => {
    const batches = log.subscribe(after, options);
    return {
      async *[Symbol.asyncIterator]() {
        for await (const batch of batches) {
          counted.ahead += 1;
          counted.batches += 1;
          counted.events = Math.max(counted.events, batch.events.length);
          counted.most = Math.max(counted.most, counted.ahead);
          yield batch;
          counted.ahead -= 1;
        }
      },
    };
  };
  const slow = new Proxy(log, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (name === 'subscribe') return subscribe;
      return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
    },
  });
  return { slow, counted };
};

/** The slowest but one in a hundred of so many single appends, in milliseconds. */
const appendP99 = async (first: number, count = 200): Promise<number> => {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const began = performance.now();
    await appendLines(store, registered({ memberId: id(first + n) }));
    times.push(performance.now() - began);
  }
  return times.toSorted((one, other) => one - other)[Math.floor(count * 0.99) - 1] ?? Number.NaN;
};
const residentMb = (): number => Math.round(process.memoryUsage().rss / 1e6);

it('B09 a projector that takes its time holds no append up, tells how far it is behind, and keeps one batch in memory', async () => {
  const { slow, counted } = counting(store);
  const connect = async () => {
    const client = await connectTo(database.runtimeUrl)();
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.defineProperty(client, 'query', {
      value: (...args: unknown[]) =>
        args[0] === 'BEGIN' ? turn().then(() => query(...args)) : query(...args),
    });
    return client;
  };
  let turn = (): Promise<unknown> => Promise.resolve();
  const queries = await openViewQueries(database.runtimeUrl, store);
  const runner = createProjectionRunner({ store: slow, databaseUrl: database.runtimeUrl, connect });
  runner.start();
  try {
    await appendLines(store, registered({ memberId: id(1) }));
    await runner.drain();
    const idle = { p99: await appendP99(10_000), rss: residentMb() };
    await runner.drain();
    const gate = Promise.withResolvers<undefined>();
    turn = () => gate.promise;
    const stalled = await appendP99(20_000);
    for (let n = 2; n < 2_000; n += 250)
      await appendLines(
        store,
        ...Array.from({ length: 250 }, (_, one) => registered({ memberId: id(n + one) })),
      );
    // All of them stand, and the views are far behind: what they say of it is what is.
    const head = await store.head();
    const status = await queries.viewStatus();
    expect(status.length).toBeGreaterThan(0);
    for (const { lag, position } of status) {
      expect(lag).toBeGreaterThan(0n);
      expect(position + lag).toBe(head);
    }
    expect(counted.most).toBe(1);
    expect(counted.events).toBeLessThanOrEqual(2_000);
    // It goes on, and takes its time over each batch.
    turn = () => pause(200);
    gate.resolve(undefined);
    await runner.drain(60_000);
    expect((await queries.viewStatus()).map(({ lag }) => lag)).toEqual(status.map(() => 0n));
    expect(counted.most).toBe(1);
    process.stdout.write(
      `B09 ${String(head)} events in ${counted.batches} batches, of ${counted.events} at most, one at a time; ` +
        `append p99 ${idle.p99.toFixed(1)} ms beside an idle projector, ${stalled.toFixed(1)} ms beside one that ` +
        `stands still; ${idle.rss} MB before, ${residentMb()} MB afterwards\n`,
    );
  } finally {
    await runner.stop();
    await queries.close();
  }
}, 120_000);
