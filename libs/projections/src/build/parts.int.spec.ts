import { setTimeout as pause } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';
import { createMemoryEventStore, type EventStore } from '@lacuna/event-store';
import {
  appendLines,
  behaviourDayAnonymised,
  behaviourRecorded,
  freshDatabase,
  registered,
  sealedAs,
  type FreshDatabase,
  type LogLine,
} from '@lacuna/testing';
import type { Client } from 'pg';
import {
  allProjections,
  behaviourTable,
  connectTo,
  createProjectionRunner,
  openViewQueries,
  readLogged,
  rebuildViews,
  replay,
  viewsSchema,
  type Connect,
  type ProjectionRunner,
  type RunnerOptions,
  type ViewQueries,
} from '../index.js';
import { createPartSql, createSql } from './table-sql.js';

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let client: Client;
let runners: ProjectionRunner[];

const run = (options: Partial<RunnerOptions> = {}): ProjectionRunner => {
  const runner = createProjectionRunner({ store, databaseUrl: database.runtimeUrl, ...options });
  runners.push(runner);
  runner.start();
  return runner;
};

beforeEach(async () => {
  database = await freshDatabase(viewsSchema);
  store = createMemoryEventStore();
  queries = await openViewQueries(database.runtimeUrl, store);
  client = await connectTo(database.runtimeUrl)();
  runners = [];
});
afterEach(async () => {
  await client.end();
  await Promise.all(runners.map((runner) => runner.stop()));
  await queries.close();
  await database.drop();
});

const DAY = '1998-01-02';
const NEXT = '1998-01-03';
const streamOf = (n: number): string => `car-club.behaviour-derived-${n}`;

/** The n-th record of a history, each in a stream of its own. */
const recorded = (n: number, day = DAY, tenant = 'car-club'): LogLine => ({
  ...behaviourRecorded({ day, body: `body ${n}` }),
  tenant,
  stream: streamOf(n),
});
const ended = (day = DAY): LogLine => behaviourDayAnonymised({ day });

const partitions = async (): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE c.relkind = 'r' ORDER BY c.relname`,
  );
  return rows.map(({ name }) => name);
};

const bodies = async (day: string, ...numbers: readonly number[]): Promise<readonly string[]> => {
  const names = numbers.map((n) => ({ day, stream: streamOf(n) }));
  return (await queries.behaviours.byStreams('car-club', names)).map(({ body }) => body.sealed);
};

const replayed = (options = {}) => replay({ store, databaseUrl: database.runtimeUrl, ...options });
const digestAsOf = async (position: bigint): Promise<Readonly<{ rows: number; digest: string }>> => {
  const { rows, digest } = (await replayed({ asOf: { position } })).views.find(
    ({ name }) => name === 'behaviour',
  )!;
  return { rows, digest };
};

it('a part begins with its first row, under a name that says nothing of it', async () => {
  await run().drain();
  expect(await partitions()).toEqual([]);
  await appendLines(store, recorded(1), recorded(2, NEXT), recorded(3), recorded(4, DAY, 'other-club'));
  await runners[0]?.drain();
  const names = await partitions();
  expect(names).toHaveLength(3);
  for (const name of names) expect(name).toMatch(/^behaviour_[0-9a-f]{24}$/);
  expect(await bodies(DAY, 3, 1)).toEqual([sealedAs('body 3'), sealedAs('body 1')]);
  // A record is found in its own day and its own tenant only.
  expect(await bodies(NEXT, 1, 2)).toEqual([sealedAs('body 2')]);
  expect(await bodies(DAY, 4)).toEqual([]);
  expect(await queries.behaviours.byStreams('car-club', [])).toEqual([]);
});

it('R041 a day goes whole, and nothing that comes for it later is kept; replay does the same', async () => {
  const runner = run();
  await appendLines(store, recorded(1), recorded(2), recorded(3, NEXT));
  await runner.drain();
  const before = await store.head();
  const asOf = await digestAsOf(before);
  expect(asOf.rows).toBe(3);

  await appendLines(store, ended());
  await runner.drain();
  expect(await partitions()).toHaveLength(1);
  expect([await bodies(DAY, 1, 2), await bodies(NEXT, 3)]).toEqual([[], [sealedAs('body 3')]]);

  await appendLines(store, recorded(4), ended(), recorded(5, NEXT));
  await runner.drain();
  expect(await partitions()).toHaveLength(1);
  const closed = await client.query('SELECT * FROM views.behaviour_closed');
  expect(closed.rows).toEqual([{ tenant: 'car-club', day: DAY }]);
  expect(await replayed()).toMatchObject({ same: true, position: await store.head() });
  for (const status of await queries.viewStatus()) expect(status).toMatchObject({ parkedStreams: 0 });

  expect(await digestAsOf(before)).toEqual(asOf);
  expect(await partitions()).toHaveLength(1);
});

it('a replay shows a closed day that is missing, and one that is closed by hand', async () => {
  await appendLines(store, recorded(1), recorded(2, NEXT), ended());
  await run().drain();
  await client.query('DELETE FROM views.behaviour_closed');
  const differences = async () => (await replayed()).views.flatMap(({ difference }) => difference ?? []);
  expect(await differences()).toEqual([`tenant=car-club day=${DAY}`]);
  await client.query(`INSERT INTO views.behaviour_closed VALUES ('car-club', $1)`, [DAY]);
  expect(await differences()).toEqual([]);
  await client.query('DELETE FROM views.behaviour');
  expect(await differences()).toEqual([`tenant=car-club day=${NEXT} stream=${streamOf(2)}`]);
});

it('a rebuild ends with the same rows and partitions, and takes the old ones away', async () => {
  await appendLines(store, recorded(1), recorded(2, NEXT), ended(), recorded(3), recorded(4, NEXT));
  const runner = run();
  await runner.drain();
  const names = await partitions();
  const connect = connectTo(database.runtimeUrl);
  await rebuildViews({
    store,
    read: readLogged,
    projections: allProjections,
    connect,
    holder: 'test',
    leaseMs: 3_000,
  });
  expect(await partitions()).toEqual(names);
  expect(await bodies(NEXT, 2, 4)).toEqual([sealedAs('body 2'), sealedAs('body 4')]);
  expect(await replayed()).toMatchObject({ same: true });
  const indexes = await client.query<{ n: number }>(
    `SELECT count(*)::integer AS n FROM pg_indexes WHERE tablename = ANY ($1)`,
    [names],
  );
  expect(indexes.rows).toEqual([{ n: names.length }]);
  const log = await client.query(
    `SELECT DISTINCT relpersistence FROM pg_class WHERE relname LIKE 'behaviour%'`,
  );
  expect(log.rows).toEqual([{ relpersistence: 'p' }]);
});

it('a record whose stream waited while its day ended is dropped as well', async () => {
  const broken = allProjections.map((one) => ({
    ...one,
    operations: (event: Parameters<typeof one.operations>[0]) => {
      if (one.name === 'behaviour' && event.stream === streamOf(2)) throw new LacunaError('DEFECT');
      return one.operations(event);
    },
  }));
  const first = run({ projections: broken });
  await appendLines(store, recorded(1), recorded(2), recorded(3, NEXT), ended());
  await first.drain();
  const parked = async () => (await queries.viewStatus()).find(({ name }) => name === 'behaviour');
  expect(await parked()).toMatchObject({ parkedStreams: 1 });
  await first.stop();
  run();
  for (let n = 0; (await parked())?.parkedStreams !== 0 && n < 200; n++) await pause(10);
  expect(await parked()).toMatchObject({ parkedStreams: 0 });
  expect(await partitions()).toHaveLength(1);
  expect(await replayed()).toMatchObject({ same: true });
});

it('a run of more parts than locks should be taken for is written in halves', async () => {
  const dayOf = (n: number): string => new Date(Date.UTC(1998, 0, n)).toISOString().slice(0, 10);
  const days = Array.from({ length: 410 }, (_, n) => dayOf(n + 1));
  await appendLines(store, ...days.map((day, n) => recorded(n, day)));
  let commits = 0;
  const connect: Connect = async () => {
    const session = await connectTo(database.runtimeUrl)();
    const query = session.query.bind(session) as (...args: unknown[]) => unknown;
    const counting = (...args: unknown[]): unknown => {
      if (String(args[0]).startsWith('UPDATE views.checkpoint c SET position')) commits++;
      return query(...args);
    };
    Object.defineProperty(session, 'query', { value: counting });
    return session;
  };
  const { views } = await replayed({ asOf: { position: 410n }, connect });
  expect(views.find(({ name }) => name === 'behaviour')?.rows).toBe(410);
  expect(commits).toBe(2);
}, 120_000);

it('a partition holds exactly its part, whatever characters and neighbours there are', async () => {
  await client.query('CREATE SCHEMA odd');
  await client.query(createSql(behaviourTable, 'odd', true));
  const odd = ['1998-01-02', '1998-01-020', '1998-01-02 ', "19'98\\", '', '\u0001', '早'];
  for (const day of odd)
    await client.query(createPartSql(behaviourTable, 'odd', { tenant: 'car-club', day }, false));
  for (const day of odd)
    await client.query(`INSERT INTO odd.behaviour VALUES ('car-club', $1, 's', 'e', 'b', 1)`, [day]);
  const { rows } = await client.query('SELECT count(DISTINCT tableoid)::integer AS n FROM odd.behaviour');
  expect(rows).toEqual([{ n: odd.length }]);
  const stray = client.query(
    `INSERT INTO odd.behaviour VALUES ('car-club', '1998-01-021', 's', 'e', 'b', 1)`,
  );
  await expect(stray).rejects.toThrow(/no partition/);
});

it('who reads while a day goes waits or sees it whole or gone, never half and never an error', async () => {
  const runner = run();
  const many = Array.from({ length: 40 }, (_, n) => n);
  const days = Array.from({ length: 12 }, (_, n) => `1998-01-${String(n + 1).padStart(2, '0')}`);
  await appendLines(store, ...days.flatMap((day, d) => many.map((n) => recorded(d * 40 + n, day))));
  await runner.drain();
  const done = new AbortController();
  const reader = async (day: string, d: number): Promise<readonly number[]> => {
    const seen: number[] = [];
    while (!done.signal.aborted) seen.push((await bodies(day, ...many.map((n) => d * 40 + n))).length);
    return seen;
  };
  const readers = [0, 5, 11].map((d) => reader(days[d]!, d));
  for (const day of days) {
    await appendLines(store, ended(day));
    await runner.drain();
  }
  await pause(50);
  done.abort();
  for (const seen of await Promise.all(readers)) {
    expect(new Set(seen)).toEqual(new Set([40, 0]));
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
  }
});

it('a long read keeps a day’s rows and lets the others read; the day goes when it ends', async () => {
  const troubles: string[] = [];
  const runner = run({ onTrouble: (code) => troubles.push(code) });
  await appendLines(store, recorded(1), recorded(2, NEXT));
  await runner.drain();
  await client.query('BEGIN');
  await client.query('SELECT count(*) FROM views.behaviour');
  await appendLines(store, ended(), registered());
  await pause(1_300);
  const { rows } = await client.query('SELECT count(*)::integer AS n FROM views.behaviour');
  expect(rows).toEqual([{ n: 2 }]);
  expect(await bodies(NEXT, 2)).toEqual([sealedAs('body 2')]);
  await client.query('COMMIT');
  await runner.drain();
  expect(await bodies(DAY, 1)).toEqual([]);
  // The batch waited: nobody lost a session, or a lease, for it.
  expect(troubles).toEqual([]);
});

it('a run that begins a day is seen whole: it waits for who began to read without that day', async () => {
  const runner = run();
  await appendLines(store, recorded(1));
  await runner.drain();
  await client.query('BEGIN');
  await client.query('SELECT count(*) FROM views.behaviour');
  await appendLines(store, recorded(2), recorded(3, NEXT));
  await pause(400);
  const reached = (await queries.viewStatus()).find(({ name }) => name === 'behaviour')?.position;
  expect(reached).toBeLessThan(3n);
  await client.query('COMMIT');
  await runner.drain();
  expect([await bodies(DAY, 1, 2), await bodies(NEXT, 3)].map(({ length }) => length)).toEqual([2, 1]);
});

/** Lets something happen while the live views are pinned, before their rows are read. */
const whilePinned =
  (happen: () => Promise<void>): Connect =>
  async () => {
    const session = await connectTo(database.runtimeUrl)();
    const query = session.query.bind(session) as (...args: unknown[]) => unknown;
    let isPinning = false;
    Object.defineProperty(session, 'query', {
      value: (...args: unknown[]) => {
        const sql = String(args[0]);
        isPinning ||= sql.startsWith('BEGIN ISOLATION LEVEL REPEATABLE READ');
        if (!isPinning || !sql.includes('views.checkpoint')) return query(...args);
        isPinning = false;
        return happen().then(() => query(...args));
      },
    });
    return session;
  };

it('a day that ends while the live views are pinned does not show as a difference', async () => {
  const runner = run();
  await appendLines(store, recorded(1), recorded(2, NEXT));
  await runner.drain();
  const report = await replayed({
    connect: whilePinned(async () => {
      await appendLines(store, ended());
      await pause(300);
    }),
  });
  expect(report).toMatchObject({ same: true, position: 2n });
  expect(report.views.find(({ name }) => name === 'behaviour')?.rows).toBe(2);
  await runner.drain();
  expect(await replayed()).toMatchObject({ same: true, position: 3n });
  expect(await partitions()).toHaveLength(1);
});
