import { createMemoryEventStore, type EventStore } from '@lacuna/event-store';
import {
  allProjections,
  connectTo,
  createProjectionRunner,
  openViewQueries,
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
import type { Client } from 'pg';

type Cut = { left: number; when: 'before' | 'after'; at: string | null };

/** The driver's own socket: what the kernel closes when a process is killed. */
const socketOf = (client: Client): { destroy(): void } => {
  const { connection } = client as Client & { connection: { stream: { destroy(): void } } };
  return connection.stream;
};

const sqlOf = (query: unknown): string => {
  if (typeof query === 'string') return query;
  return (query as { text?: string }).text ?? 'COPY';
};

/** A session that dies at its n-th statement: before it is sent, or when it has been sent and not been answered. */
const dyingAt =
  (connect: Connect, cut: Cut): Connect =>
  async () => {
    const client = await connect();
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const die = (): void => {
      socketOf(client).destroy();
    };
    Object.defineProperty(client, 'query', {
      value: (...args: unknown[]) => {
        cut.left -= 1;
        if (cut.left !== 0) return query(...args);
        cut.at = sqlOf(args[0]).trim().split(/\s+/).slice(0, 3).join(' ');
        if (cut.when === 'before') die();
        else setImmediate(die);
        return query(...args);
      },
    });
    return client;
  };

const dayOf = (n: number): string => new Date(Date.UTC(1998, 0, n)).toISOString().slice(0, 10);

/** Something recorded on the n-th day, by the `by`-th of all who did. */
const recorded = (n: number, by: number): LogLine => ({
  ...behaviourRecorded({ day: dayOf(n), body: `body ${n} ${by}` }),
  stream: `car-club.behaviour-derived-${n}-${by}`,
});

/** Members come, are corrected and leave; days begin, end, and get something too late. */
const lines = (n: number): readonly LogLine[] => {
  const [memberId, correctionId] = [id(n), id(100_000 + n)];
  return [
    recorded(n, 1),
    recorded(n, 2),
    ...(n > 2 ? [behaviourDayAnonymised({ day: dayOf(n - 2) }), recorded(n - 2, 3)] : []),
    registered({ memberId }),
    correctionRequested({ memberId, correctionId }),
    infoCorrected({ memberId, correctionId }),
    ...(n > 2 ? [erasureRequested({ memberId: id(n - 2) }), memberErased({ memberId: id(n - 2) })] : []),
  ];
};

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let runners: ProjectionRunner[];

const run = (connect: Connect, leaseMs: number): ProjectionRunner => {
  const runner = createProjectionRunner({ store, databaseUrl: database.runtimeUrl, leaseMs, connect });
  runners.push(runner);
  runner.start();
  return runner;
};

/** Readers have connections of their own: no cut reaches them. */
const caughtUp = async (): Promise<void> => {
  const head = await store.head();
  for (const { name } of allProjections) await queries.waitUntil(name, head, 10_000);
};

beforeEach(async () => {
  database = await freshDatabase(viewsSchema);
  store = createMemoryEventStore();
  queries = await openViewQueries(database.runtimeUrl, store);
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await queries.close();
  await database.drop();
});

it.each(['before', 'after'] as const)(
  'B06 a kill %s any statement of a batch leaves rows and checkpoint together: the views equal a replay',
  async (when) => {
    const connect = connectTo(database.runtimeUrl);
    const cutAt: string[] = [];
    for (let n = 1; ; n++) {
      await appendLines(store, ...lines(n));
      const cut: Cut = { left: n, when, at: null };
      const runner = run(dyingAt(connect, cut), 5_000);
      await caughtUp();
      await runner.stop();
      const report = await replay({ store, databaseUrl: database.runtimeUrl });
      expect({ cutAt: cut.at, same: report.same, position: report.position }).toEqual({
        cutAt: cut.at,
        same: true,
        position: await store.head(),
      });
      if (cut.at === null) break;
      cutAt.push(cut.at);
    }
    // The sweep passed through the whole of a batch, not only through what comes before it.
    for (const statement of [
      'BEGIN',
      'UPDATE meta.lease l',
      'SELECT t.tenant AS',
      'UPDATE views.checkpoint c',
      'COMMIT',
    ])
      expect(cutAt).toContain(statement);
    expect(cutAt.filter((sql) => sql.startsWith('INSERT INTO views_')).length).toBeGreaterThan(0);
    expect(cutAt.filter((sql) => sql.startsWith('DELETE FROM views_')).length).toBeGreaterThan(0);
    // A part was made, and one dropped, with a kill right before and right after.
    expect(cutAt.filter((sql) => sql.startsWith('CREATE TABLE views_')).length).toBeGreaterThan(0);
    expect(cutAt.filter((sql) => sql === 'DROP TABLE IF').length).toBeGreaterThan(0);
  },
  120_000,
);

it('B06 no time is lost when a holder is killed: the next one takes the views over at once', async () => {
  const connect = connectTo(database.runtimeUrl);
  const sessions: Client[] = [];
  let isKilled = false;
  const first = run(async () => {
    if (isKilled) throw new Error('this process is gone');
    const client = await connect();
    sessions.push(client);
    return client;
  }, 600_000);
  await caughtUp();
  expect(first.state).toBe('running');
  isKilled = true;
  for (const session of sessions) socketOf(session).destroy();
  const second = run(connect, 600_000);
  await appendLines(store, ...lines(1));
  await caughtUp();
  expect(second.state).toBe('running');
});
