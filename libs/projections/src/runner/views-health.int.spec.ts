import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { createMemoryEventStore, type EventStore } from '@lacuna/event-store';
import { appendLines, freshDatabase, id, registered, type FreshDatabase } from '@lacuna/testing';
import {
  createProjectionRunner,
  openViewQueries,
  viewsHealth,
  viewsSchema,
  type ProjectionRunner,
  type ViewQueries,
} from '../index.js';

let database: FreshDatabase;
let store: EventStore;
let queries: ViewQueries;
let runner: ProjectionRunner;

beforeEach(async () => {
  database = await freshDatabase(viewsSchema);
  store = createMemoryEventStore();
  queries = await openViewQueries(database.runtimeUrl, store);
  runner = createProjectionRunner({ store, databaseUrl: database.runtimeUrl });
  runner.start();
  await appendLines(store, registered({ memberId: id(1) }));
  await runner.drain();
});
afterEach(async () => {
  await runner.stop();
  await queries.close();
  await database.drop();
});

const health = (of = runner) =>
  viewsHealth({ runner: of, viewStatus: () => queries.viewStatus(), store, limitMs: 200 });

it('views that stand still while events arrive are not serving, and are again when they move', async () => {
  const check = health();
  expect(await check()).toEqual({ state: 'serving' });
  // Somebody keeps the checkpoints locked; everybody may still read them.
  const lock = new Client({ connectionString: database.ownerUrl });
  await lock.connect();
  await lock.query('BEGIN');
  await lock.query('LOCK TABLE views.checkpoint IN SHARE MODE');
  await appendLines(store, registered({ memberId: id(2) }));
  expect((await check()).state).toBe('serving');
  await pause(300);
  expect(await check()).toMatchObject({
    state: 'not-serving',
    reason: expect.stringMatching(/^stands still/) as string,
  });
  await lock.query('ROLLBACK');
  await lock.end();
  await runner.drain();
  expect(await check()).toEqual({ state: 'serving' });
});

it('a view that has failed is not serving; a paused one, and a standby, are as they should be', async () => {
  const check = health();
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query("UPDATE views.checkpoint SET state = 'paused' WHERE view = 'deadlines'");
  await appendLines(store, registered({ memberId: id(2) }));
  await runner.drain();
  await check();
  await pause(300);
  expect(await check()).toEqual({ state: 'serving' });
  await owner.query("UPDATE views.checkpoint SET state = 'failed' WHERE view = 'deadlines'");
  expect(await check()).toEqual({ state: 'not-serving', reason: 'deadlines has failed' });
  await owner.end();
  const standby = createProjectionRunner({ store, databaseUrl: database.runtimeUrl });
  standby.start();
  await pause(300);
  expect(await health(standby)()).toEqual({ state: 'serving', reason: 'standby' });
  await standby.stop();
});
