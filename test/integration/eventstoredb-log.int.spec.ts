import { RegisterMember, RequestCorrection, RequestErasure } from '@lacuna/application';
import {
  copyLog,
  createPostgresEventStore,
  eventLogSchema,
  openEventStoreDbStore,
  openLogEnd,
  proofOf,
  type CopyReport,
} from '@lacuna/event-store';
import { createProjectionRunner, replay, viewsSchema, type ReplayReport } from '@lacuna/projections';
import { freshDatabase, startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';
import { frameAs, openHouse, somebody, typesOf, memberStreamOf, type House } from './house.js';

/** The demo's size; the whole way is taken by every one of them. */
const MEMBERS = Number(process.env['LACUNA_TEST_MEMBERS'] ?? 1_000);
const AT_ONCE = 50;

let double: EventStoreDbDouble;
let house: House;
const memberIds: string[] = [];

beforeAll(async () => {
  double = await startEventStoreDbDouble();
  const { connectionString } = double;
  house = await openHouse({ openLog: () => openEventStoreDbStore({ connectionString }) });
});
afterAll(async () => {
  await house.drop();
  await double.close();
});

const register = async (): Promise<void> => {
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
  memberIds.push(memberId);
};

const copy = async (from: string, to: string): Promise<CopyReport> => {
  const [source, target] = [await openLogEnd(from), await openLogEnd(to)];
  const report = await copyLog({
    source: source.store,
    target: target.store,
    openLoader: () => target.openLoader(),
  });
  await Promise.all([source.close(), target.close()]);
  return report;
};

const rowsOf = ({ views }: ReplayReport) => views.map(({ name, rows }) => ({ name, rows }));

it(
  'the house on EventStoreDB: its views, an erasure, the log moved to PostgreSQL and back, equal',
  async () => {
    for (let done = 0; done < MEMBERS; done += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, MEMBERS - done) }, register));
    await house.run(
      new RequestCorrection(frameAs('customer-service'), {
        memberId: memberIds[0]!,
        changes: { name: '李沐安' },
      }),
    );
    await house.run(
      new RequestErasure(frameAs('integrator'), {
        memberId: memberIds[1]!,
        reason: 'exit',
        categories: [],
      }),
    );
    await house.reactor.settle();
    expect(await typesOf(house, memberStreamOf(memberIds[1]!))).toContain('MemberErased');

    await house.runner.drain();
    const live = await replay({ store: house.store, databaseUrl: house.database.runtimeUrl });
    expect(live.same).toBe(true);
    const proof = await proofOf(house.store);
    expect(proof.events).toBeGreaterThan(BigInt(MEMBERS));

    const other = await freshDatabase(eventLogSchema, viewsSchema);
    expect((await copy(double.connectionString, other.ownerUrl)).proof).toEqual(proof);
    const moved = createPostgresEventStore({ connectionString: other.runtimeUrl });
    const runner = createProjectionRunner({ store: moved, databaseUrl: other.runtimeUrl });
    runner.start();
    await runner.drain();
    const there = await replay({ store: moved, databaseUrl: other.runtimeUrl });
    expect(there.same).toBe(true);
    expect(rowsOf(there)).toEqual(rowsOf(live));
    await runner.stop();
    await moved.close();

    const second = await startEventStoreDbDouble();
    expect((await copy(other.ownerUrl, second.connectionString)).proof).toEqual(proof);
    await second.close();
    await other.drop();
  },
  MEMBERS * 100 + 120_000,
);

it('an instant is found in a log with gaps, and a second registration of the same request is the first', async () => {
  const { events } = await house.store.readStream(memberStreamOf(memberIds[2]!));
  const [event] = events;
  const at = await house.queries.positionAt(event!.recordedAt);
  expect(at).toBeGreaterThanOrEqual(event!.position);
  expect(await house.queries.positionAt('1990-01-01T00:00:00.000Z')).toBe(0n);
  const [frame, info] = [frameAs('integrator', 'the-same-request'), somebody()];
  const first = await house.run(new RegisterMember(frame, info));
  expect(await house.run(new RegisterMember(frame, info))).toEqual(first);
});
