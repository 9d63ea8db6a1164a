import { Client, Pool } from 'pg';
import { eventLogSchema } from '@lacuna/event-store';
import { metaSchema } from '@lacuna/runtime';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { serverState } from './server-state.js';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(eventLogSchema, metaSchema);
  pool = new Pool({ connectionString: database.runtimeUrl, max: 2 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const state = (logEngine: 'postgres' | 'eventstoredb') =>
  serverState({ pool, store: { head: () => Promise.resolve(7n) }, logEngine, version: '', standing: [] });

it('counts a log, and says where the engine does not', async () => {
  expect(await state('postgres').logCounts()).toEqual({ streams: 0, events: 0, head: '7' });
  expect(await state('eventstoredb').logCounts()).toEqual({ streams: null, events: null, head: '7' });
});

it('gives counting up after seconds: a status of a log that is too long for it is a status all the same', async () => {
  const other = new Client({ connectionString: database.ownerUrl });
  await other.connect();
  await other.query('BEGIN');
  await other.query('LOCK TABLE log.events IN ACCESS EXCLUSIVE MODE');
  expect(await state('postgres').logCounts()).toEqual({ streams: null, events: null, head: '7' });
  await other.query('ROLLBACK');
  await other.end();
  expect((await state('postgres').logCounts()).events).toBe(0);
}, 30_000);
