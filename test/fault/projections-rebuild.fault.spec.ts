import { setTimeout as pause } from 'node:timers/promises';
import { createMemoryEventStore, type EventStore } from '@lacuna/event-store';
import {
  allProjections,
  connectTo,
  createProjectionRunner,
  openViewQueries,
  readLogged,
  rebuildViews,
  replay,
  viewsSchema,
  type Connect,
  type ProjectionRunner,
  type ViewQueries,
} from '@lacuna/projections';
import {
  appendLines,
  behaviourDayAnonymised,
  behaviourRecorded,
  correctionRequested,
  erasureRequested,
  freshDatabase,
  id,
  infoCorrected,
  memberErased,
  registered,
  type FreshDatabase,
  type LogLine,
} from '@lacuna/testing';
import { Client } from 'pg';

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let runner: ProjectionRunner;

const dayOf = (n: number): string => new Date(Date.UTC(1998, 0, n)).toISOString().slice(0, 10);

/** Five people's records make a day; each fifth person is erased, and the day before is at its end. */
const lines = (n: number): readonly LogLine[] => [
  {
    ...behaviourRecorded({ day: dayOf(Math.ceil(n / 5)), body: `body ${n}` }),
    stream: `car-club.behaviour-derived-${n}`,
  },
  ...(n % 5 === 0 && n > 5 ? [behaviourDayAnonymised({ day: dayOf(n / 5 - 1) })] : []),
  registered({ memberId: id(n) }),
  correctionRequested({ memberId: id(n), correctionId: id(100_000 + n) }),
  infoCorrected({ memberId: id(n), correctionId: id(100_000 + n) }),
  ...(n % 5 === 0 ? [erasureRequested({ memberId: id(n) }), memberErased({ memberId: id(n) })] : []),
];

const caughtUp = async (): Promise<void> => {
  const head = await store.head();
  for (const { name } of allProjections) await queries.waitUntil(name, head, 15_000);
};

beforeEach(async () => {
  database = await freshDatabase(viewsSchema);
  store = createMemoryEventStore();
  queries = await openViewQueries(database.runtimeUrl, store);
  runner = createProjectionRunner({ store, databaseUrl: database.runtimeUrl, leaseMs: 3_000 });
  runner.start();
});
afterEach(async () => {
  await runner.stop();
  await queries.close();
  await database.drop();
});

const rebuild = (connect: Connect): ReturnType<typeof rebuildViews> =>
  rebuildViews({
    store,
    read: readLogged,
    projections: allProjections,
    connect,
    holder: 'test',
    leaseMs: 3_000,
  });

/** A session that dies when it is about to send the statement that `isLast` finds. */
const dyingBefore =
  (isLast: (sql: string) => boolean): Connect =>
  async () => {
    const client = await connectTo(database.runtimeUrl)();
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const { connection } = client as Client & { connection: { stream: { destroy(): void } } };
    Object.defineProperty(client, 'query', {
      value: (...args: unknown[]) => {
        if (typeof args[0] === 'string' && isLast(args[0])) connection.stream.destroy();
        return query(...args);
      },
    });
    return client;
  };

const builds = async (): Promise<readonly string[]> => {
  const client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
  const { rows } = await client.query<{ nspname: string }>(
    "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(views|replay)_' ORDER BY 1",
  );
  await client.end();
  return rows.map(({ nspname }) => nspname);
};

type Seen = Readonly<{ entries: number; recorded: number; position: number; build: number }>;

// One statement, one snapshot: what stands in the trail and in the days that live follows from the position.
const GLANCE = `
  SELECT (SELECT count(*) FROM views.member_directory WHERE valid_to IS NULL)::integer AS open,
         (SELECT count(*) FROM views.member_directory WHERE valid_to IS NOT NULL)::integer AS ended,
         (SELECT count(*) FROM views.audit_trail)::integer AS entries,
         (SELECT count(*) FROM views.deadline)::integer AS deadlines,
         (SELECT count(*) FROM views.behaviour)::integer AS recorded,
         c.position::integer AS position, c.build
  FROM views.checkpoint c JOIN views.build b ON b.id = c.build AND b.state = 'live' WHERE c.view = 'audit-trail'`;

const watchReaders = async (signal: AbortSignal): Promise<readonly Seen[]> => {
  const client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
  const seen: Seen[] = [];
  while (!signal.aborted) {
    seen.push(...(await client.query<Seen>(GLANCE)).rows);
    await pause(1);
  }
  await client.end();
  return seen;
};

/** How many rows there must be when the log has come to each of its positions. */
const expectedRows = async (): Promise<ReadonlyMap<number, Pick<Seen, 'entries' | 'recorded'>>> => {
  const expected = new Map<number, Pick<Seen, 'entries' | 'recorded'>>();
  let entries = 0;
  const days = new Map<string, number>();
  for await (const { events } of store.readAll(0n))
    for (const { type, data, position } of events) {
      const day = String(data['day']);
      if (type === 'BehaviourRecorded') days.set(day, (days.get(day) ?? 0) + 1);
      else entries += 1;
      if (type === 'BehaviourDayAnonymised') days.delete(day);
      const recorded = [...days.values()].reduce((sum, rows) => sum + rows, 0);
      expected.set(Number(position), { entries, recorded });
    }
  return expected;
};

it('B07 a rebuild beside live views, with events coming in and two crashes, is never seen half', async () => {
  await appendLines(store, ...Array.from({ length: 300 }, (_, n) => lines(n + 1)).flat());
  await caughtUp();
  const first = await builds();
  const done = new AbortController();
  const reading = watchReaders(done.signal);
  let written = 300;
  const writing = (async () => {
    while (!done.signal.aborted) {
      await appendLines(store, ...lines(++written));
      await pause(4);
    }
  })();

  let commits = 0;
  await expect(rebuild(dyingBefore((sql) => sql === 'COMMIT' && ++commits === 3))).rejects.toThrow(
    /terminated/,
  );
  const halfway = await builds();
  expect(halfway).toHaveLength(2);
  await expect(rebuild(dyingBefore((sql) => sql.includes("SET state = 'live' WHERE id")))).rejects.toThrow(
    /terminated/,
  );
  expect(await builds()).toEqual(halfway);
  const report = await rebuild(connectTo(database.runtimeUrl));
  expect(report.resumed).toBe(true);
  await pause(100);
  done.abort();
  await writing;
  const seen = await reading;
  await caughtUp();

  expect(await builds()).toEqual(halfway.filter((name) => !first.includes(name)));
  expect(new Set(seen.map(({ build }) => build)).size).toBe(2);
  const expected = await expectedRows();
  for (const { entries, recorded, position } of seen)
    expect({ position, entries, recorded }).toEqual({ position, ...expected.get(position) });
  const positions = seen.map(({ position }) => position);
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(seen.at(-1)?.position).toBeGreaterThan(positions[0] ?? 0);
  expect(await replay({ store, databaseUrl: database.runtimeUrl })).toMatchObject({
    same: true,
    position: await store.head(),
  });
}, 60_000);

it('a build of other versions is taken over by newer code only, and what was left half is dropped', async () => {
  await appendLines(store, ...lines(1));
  await caughtUp();
  await expect(rebuild(dyingBefore((sql) => sql.startsWith('ANALYZE')))).rejects.toThrow(/terminated/);
  await runner.stop();
  const newer = allProjections.map((one) => ({ ...one, version: one.version + 1 }));
  const connect = connectTo(database.runtimeUrl);
  const upgraded = createProjectionRunner({ store, databaseUrl: database.runtimeUrl, projections: newer });
  upgraded.start();
  const versions = async () => (await queries.viewStatus()).map(({ name, version }) => [name, version]);
  const wanted = newer
    .map(({ name, version }) => [name, version])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const isNew = async () => JSON.stringify(await versions()) === JSON.stringify(wanted);
  for (let n = 0; !(await isNew()) && n < 300; n++) await pause(20);
  await upgraded.drain();
  await upgraded.stop();
  expect(await builds()).toHaveLength(1);

  const old = createProjectionRunner({ store, databaseUrl: database.runtimeUrl, connect });
  old.start();
  for (let n = 0; old.trouble === null && n < 300; n++) await pause(20);
  expect(old.trouble).toBe('VIEW_VERSION_NEWER');
  await old.stop();
  expect(await versions()).toEqual(wanted);
});

it('the schema of a killed replay is dropped by the next one: it may hold rows that were dropped since', async () => {
  await appendLines(store, ...lines(1));
  await caughtUp();
  const dying = replay({
    store,
    databaseUrl: database.runtimeUrl,
    asOf: { position: 1n },
    connect: dyingBefore((sql) => sql.startsWith('SELECT count(*)')),
  });
  await expect(dying).rejects.toThrow(/terminated/);
  expect((await builds()).filter((name) => name.startsWith('replay'))).toHaveLength(1);
  await replay({ store, databaseUrl: database.runtimeUrl, asOf: { position: 1n } });
  expect((await builds()).filter((name) => name.startsWith('replay'))).toEqual([]);
});
