import { Pool } from 'pg';
import { freshDatabase } from '@lacuna/testing';
import {
  forgetProcessor,
  metaSchema,
  processors,
  reportProcessor,
  takeLease,
  giveLease,
  type ProcessorReport,
} from '@lacuna/runtime';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(metaSchema);
  pool = new Pool({ connectionString: database.runtimeUrl, max: 1 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const report = (more: Partial<ProcessorReport> = {}): ProcessorReport => ({
  name: 'reactor',
  holder: 'one',
  epoch: 1n,
  position: null,
  state: 'running',
  failures: [],
  ...more,
});

it('tells every process what the holder last said, and how long ago', async () => {
  const failures = [{ kind: 'erasure', code: 'CUSTODY_UNAVAILABLE' }];
  expect(await reportProcessor(pool, report({ failures, position: 2n ** 60n }))).toBe(true);
  const [status] = await processors(pool);
  expect(status).toMatchObject({ holder: 'one', position: 2n ** 60n, state: 'running', failures });
  expect(status?.silentMs).toBeLessThan(10_000);
});

it('B05 drops what an earlier holder says after its successor has spoken', async () => {
  expect(await reportProcessor(pool, report({ holder: 'two', epoch: 2n, state: 'paused' }))).toBe(true);
  expect(await reportProcessor(pool, report({ holder: 'one', epoch: 1n }))).toBe(false);
  expect(await processors(pool)).toMatchObject([{ holder: 'two', epoch: 2n, state: 'paused' }]);
});

it('forgets a processor that nobody holds, and no other', async () => {
  await reportProcessor(pool, report({ name: 'relay', state: 'failed' }));
  const client = await pool.connect();
  const lease = await takeLease(client, ['relay'], 'one', 60_000);
  await forgetProcessor(client, 'relay');
  expect((await processors(client)).map(({ name }) => name)).toEqual(['reactor', 'relay']);
  if (lease !== null) await giveLease(client, lease);
  await forgetProcessor(client, 'relay');
  expect((await processors(client)).map(({ name }) => name)).toEqual(['reactor']);
  client.release();
});
