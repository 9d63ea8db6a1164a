import { setTimeout as pause } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';
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
  type RunnerOptions,
  type ViewQueries,
} from '@lacuna/projections';
import {
  appendLines,
  freshDatabase,
  id,
  infoCorrected,
  correctionRequested,
  registered,
  type FreshDatabase,
} from '@lacuna/testing';

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let runners: ProjectionRunner[];

const run = (options: Partial<RunnerOptions>): ProjectionRunner => {
  const runner = createProjectionRunner({
    store,
    databaseUrl: database.runtimeUrl,
    leaseMs: 300,
    ...options,
  });
  runners.push(runner);
  runner.start();
  return runner;
};

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

type Stall = { before: string | null; go: () => void; stalled: Promise<void>; beats: boolean };

const stallBefore = (before: string): Stall => {
  const stall: Stall = { before, go: () => undefined, stalled: Promise.resolve(), beats: true };
  return stall;
};

/** A session that stands still before a statement until it is let go: a process that was stopped, and goes on. */
const stallingAt =
  (stall: Stall): Connect =>
  async () => {
    const client = await connectTo(database.runtimeUrl)();
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    let held: Promise<void> | null = null;
    Object.defineProperty(client, 'query', {
      value: (...args: unknown[]) => {
        const sql = String(args[0]);
        if (stall.before !== null && sql.includes(stall.before)) {
          stall.before = null;
          held = new Promise((resolve) => (stall.go = resolve));
        }
        return held ? held.then(() => query(...args)) : query(...args);
      },
    });
    return client;
  };

it.each([
  ['between two batches', 'BEGIN'],
  ['in the middle of one', 'UPDATE views.checkpoint c SET position'],
])(
  'B05 a holder that stalls %s is followed by another, and can write nothing when it goes on',
  async (_, before) => {
    const troubles: string[] = [];
    const stall = { ...stallBefore(before), before: null };
    const first = run({ connect: stallingAt(stall), onTrouble: (code) => troubles.push(code) });
    await appendLines(store, registered({ memberId: id(1) }));
    await caughtUp();
    expect(first.state).toBe('running');

    Object.assign(stall, { before });
    await appendLines(store, registered({ memberId: id(2) }));
    await pause(50);
    const second = run({ leaseMs: 60_000 });
    await caughtUp();
    expect(second.state).toBe('running');
    await appendLines(store, registered({ memberId: id(3) }));
    await caughtUp();

    stall.go();
    for (let n = 0; troubles.length === 0 && n < 200; n++) await pause(10);
    expect(troubles).toHaveLength(1);
    expect(first.state).toBe('standby');
    const report = await replay({ store, databaseUrl: database.runtimeUrl });
    expect(report).toMatchObject({ same: true, position: 3n });
    expect(report.views.map(({ rows }) => rows)).toEqual([3, 3, 0, 0, 0, 0]);
  },
);

it('of two runners one holds the views and the other stands by until it stops', async () => {
  const [first, second] = [run({ leaseMs: 60_000 }), run({ leaseMs: 60_000 })];
  await caughtUp();
  await appendLines(store, registered({ memberId: id(1) }));
  await caughtUp();
  expect([first.state, second.state].sort()).toEqual(['running', 'standby']);
  const [holder, other] = first.state === 'running' ? [first, second] : [second, first];
  await holder.stop();
  await appendLines(store, registered({ memberId: id(2) }));
  await caughtUp();
  expect(other.state).toBe('running');
});

it('a parked stream flows again, in order, once the code is mended; every row is as if it had never waited', async () => {
  const broken = allProjections.map((one) => ({
    ...one,
    operations: (event: Parameters<typeof one.operations>[0]) => {
      if (one.name === 'member-directory' && event.type === 'InfoCorrected') throw new LacunaError('DEFECT');
      return one.operations(event);
    },
  }));
  const first = run({ projections: broken });
  const [memberId, other] = [id(1), id(2)];
  await appendLines(
    store,
    registered({ memberId }),
    correctionRequested({ memberId, correctionId: id(10) }),
    infoCorrected({ memberId, correctionId: id(10), changes: { plate: '京A00001' } }),
    registered({ memberId: other }),
    correctionRequested({ memberId, correctionId: id(11) }),
    infoCorrected({ memberId, correctionId: id(11), changes: { plate: '京A00002' } }),
  );
  await caughtUp();
  const parked = async () => (await queries.viewStatus()).map(({ parkedStreams }) => parkedStreams);
  expect(await parked()).toEqual([0, 0, 0, 0, 1, 0]);
  expect((await queries.memberById('car-club', other)).member).not.toBeNull();
  const report = await replay({ store, databaseUrl: database.runtimeUrl });
  expect(report.views.map(({ difference }) => difference)).toEqual([
    `tenant=car-club memberId=${memberId} validFrom=1`,
    ...Array.from({ length: 5 }, () => null),
  ]);
  await first.stop();

  run({});
  for (let n = 0; (await parked()).includes(1) && n < 200; n++) await pause(10);
  expect(await parked()).toEqual([0, 0, 0, 0, 0, 0]);
  expect((await queries.memberById('car-club', memberId)).member?.fields.plate).toEqual({
    sealed: 'sealed(京A00002)',
  });
  expect(await replay({ store, databaseUrl: database.runtimeUrl })).toMatchObject({ same: true });
});
