import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { followClock, metaSchema, openClock, type StoreClock } from '@lacuna/runtime';

const START = '1998-07-01T00:00:00+08:00';
const LATER = '1998-07-02T16:00:00.000Z';

let database: FreshDatabase;
let pools: Pool[];
beforeEach(async () => {
  database = await freshDatabase(metaSchema);
  pools = [1, 2].map(() => new Pool({ connectionString: database.runtimeUrl, max: 1 }));
});
afterEach(async () => {
  for (const pool of pools) await pool.end();
  await database.drop();
});

const twoClocks = async (): Promise<readonly [StoreClock, StoreClock]> => [
  await openClock(pools[0]!, START),
  await openClock(pools[1]!, START),
];

const until = async (isTrue: () => boolean, withinMs: number): Promise<number> => {
  const began = performance.now();
  while (!isTrue() && performance.now() - began < withinMs) await sleep(2);
  return performance.now() - began;
};

it('shows what another process has moved a simulated clock to, at once', async () => {
  const [mover, follower] = await twoClocks();
  const stop = await followClock(database.runtimeUrl, follower);
  const waits: number[] = [];
  for (const hour of ['16', '17', '18', '19', '20']) {
    const later = LATER.replace('T16', `T${hour}`);
    await mover.advanceTo(later);
    waits.push(await until(() => follower.now() === later, 5_000));
  }
  // Each move comes just after a look that makes good for a lost notification: without one it would wait a second.
  expect(Math.min(...waits.slice(1))).toBeLessThan(700);
  await stop();
});

it('comes to it also when the connection that would have told was cut', async () => {
  const [mover, follower] = await twoClocks();
  const stop = await followClock(database.runtimeUrl, follower);
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );
  await owner.end();
  await mover.advanceTo(LATER);
  await until(() => follower.now() === LATER, 5_000);
  expect(follower.now()).toBe(LATER);
  await stop();
});
