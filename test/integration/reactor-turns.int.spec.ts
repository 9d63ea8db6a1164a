import { setTimeout as pause } from 'node:timers/promises';
import {
  createReactor,
  createWorkStore,
  RegisterMember,
  RequestErasure,
  type Reactor,
} from '@lacuna/application';
import { isLeaseLost, processors } from '@lacuna/runtime';
import { LeasedReactor, ReactorTurn } from '../../apps/reactor/src/index.js';
import { frameAs, memberStreamOf, openHouse, somebody, typesOf, type House, type Instance } from './house.js';

type Process = Readonly<{
  turn: ReactorTurn;
  reactor: Reactor;
  troubles: string[];
  work: ReturnType<typeof createWorkStore>;
  leased: LeasedReactor;
}>;

let house: House;
let leased: LeasedReactor[];

beforeEach(async () => {
  house = await openHouse();
  leased = [];
});
afterEach(async () => {
  await Promise.all(leased.map((one) => one.stop()));
  await house.drop();
});

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 20_000; !(await holds());) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await pause(20);
  }
};

/** A reactor process: its turn, its loop, its writes under the lease. */
const started = ({ ports, clock, parts }: Instance, holder: string): Process => {
  const { pool, database } = house;
  const troubles: string[] = [];
  const onTrouble = (code: string, what: string): void => void troubles.push(`${what}: ${code}`);
  const turn = new ReactorTurn({ databaseUrl: database.runtimeUrl, ttlMs: 1_500, onTrouble });
  const work = createWorkStore(pool, turn);
  const reactor = createReactor({ ports, clock, work, deadlines: parts.deadlines, turn });
  const one = new LeasedReactor({ reactor, turn, ports, work, pool, holder, onTrouble });
  leased.push(one);
  one.start();
  return { turn, reactor, troubles, work, leased: one };
};

const walked = async (reactor: Reactor, by: string): Promise<number> => {
  let fired = 0;
  const { signal } = new AbortController();
  for await (const stop of reactor.advance({ tenant: 'car-club' }, by, signal)) fired += stop.fired;
  return fired;
};

it('one reactor acts, another follows when it ends; what the first says late is not heard', async () => {
  const first = started(house, 'first');
  await until(() => first.turn.held !== null);
  const second = started(await house.instance(), 'second');
  await pause(2_000);
  expect(second.turn.held).toBeNull();
  expect(await second.leased.health()).toEqual({ state: 'serving', reason: 'standby' });
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
  await house.run(new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }));
  await until(async () => (await typesOf(house, memberStreamOf(memberId))).includes('MemberErased'));
  expect((await processors(house.pool)).find(({ name }) => name === 'reactor')).toMatchObject({
    holder: 'first',
    state: 'running',
  });
  await first.leased.stop();
  await until(() => second.turn.held !== null);
  await until(async () => (await processors(house.pool)).some(({ holder }) => holder === 'second'));
  expect(() => first.turn.check()).toThrow('another reactor acts');
});

it('R042 who is asked to walk the clock takes the turn: the one before writes nothing more, each night happens once', async () => {
  const first = started(house, 'first');
  await until(() => first.turn.held !== null);
  const second = started(await house.instance(), 'second');
  await pause(300);
  const lost = first.turn.held;
  expect(await walked(second.reactor, 'P3D')).toBeGreaterThanOrEqual(3);
  expect(second.turn.held).not.toBeNull();
  await until(() => first.turn.held === null);
  // Its writes are refused, under the old epoch and under none.
  const from = await second.work.position();
  const late = await first.work.take(from, from + 1n, []).catch((error: unknown) => error);
  expect(isLeaseLost(late)).toBe(true);
  expect(() => lost?.check()).toThrow();
  expect(await second.work.position()).toBe(from);
  await until(() => first.troubles.includes('lease: LEASE_LOST'));
  const nights = await typesOf(house, 'system.custody-keys');
  expect(nights.filter((type) => type === 'NightlyRunCompleted')).toHaveLength(3);
  // The clock of the other process is where it was walked to, and so is its next walk's beginning.
  await walked(first.reactor, 'P1D');
  expect(house.clock.now()).toBe('1998-07-04T16:00:00.000Z');
  const after = await typesOf(house, 'system.custody-keys');
  expect(after.filter((type) => type === 'NightlyRunCompleted')).toHaveLength(4);
}, 60_000);

it('A02 a turn that was lost with its session is taken anew, while its last work still ends', async () => {
  const turn = new ReactorTurn({ databaseUrl: house.database.runtimeUrl, ttlMs: 1_500 });
  const stopping = new AbortController();
  const epochs: bigint[] = [];
  const running = turn.run(stopping.signal, async ({ epoch, signal }) => {
    epochs.push(epoch);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await pause(600);
  });
  const { signal } = new AbortController();
  await turn.take(signal);
  await house.pool.query('SELECT pg_terminate_backend(backend_pid) FROM meta.lease');
  await until(() => turn.held?.signal.aborted === true);
  await turn.take(signal);
  turn.check();
  expect(epochs).toHaveLength(2);
  stopping.abort();
  await running;
}, 60_000);

it('A02 a walk that loses its turn on the way, with its session, takes it again and comes to its end', async () => {
  const only = started(house, 'only');
  await until(() => only.turn.held !== null);
  const end = 'SELECT pg_terminate_backend(backend_pid) FROM meta.lease';
  const { signal } = new AbortController();
  const stops: string[] = [];
  for await (const { stop } of only.reactor.advance({ tenant: 'car-club' }, 'P3D', signal)) {
    stops.push(stop);
    if (stops.length > 1) continue;
    await house.pool.query(end);
    await until(() => only.troubles.length > 0);
  }
  expect(stops.at(-1)).toBe('target');
  expect(house.clock.now()).toBe('1998-07-03T16:00:00.000Z');
  const nights = await typesOf(house, 'system.custody-keys');
  expect(nights.filter((type) => type === 'NightlyRunCompleted')).toHaveLength(3);
}, 60_000);
