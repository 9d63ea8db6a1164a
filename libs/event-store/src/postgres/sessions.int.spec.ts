import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Client } from 'pg';
import { aName, written } from '../contract/sample-events.js';
import type { ClosableEventStore, LogBatch } from '../event-store.port.js';
import { eventLogSchema } from './event-log-schema.js';
import { createPostgresEventStore } from './postgres-event-store.js';
import { prepareSession } from './primary-session.js';

let database: FreshDatabase;
let owner: Client;
let opened: ClosableEventStore[];

const open = (pollMs: number): ClosableEventStore => {
  const store = createPostgresEventStore({ connectionString: database.runtimeUrl, pollMs });
  opened.push(store);
  return store;
};

beforeEach(async () => {
  opened = [];
  database = await freshDatabase(eventLogSchema);
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
});

afterEach(async () => {
  await Promise.all([...opened.map((store) => store.close()), owner.end()]);
  await database.drop();
});

it('is durable, sees what was committed and uses its indexes, whatever the defaults of the database are', async () => {
  const name = new URL(database.ownerUrl).pathname.slice(1);
  await owner.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  await owner.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
  const client = new Client({ connectionString: database.runtimeUrl });
  await client.connect();
  await prepareSession(client);
  const { rows } = await client.query(`SELECT current_setting('synchronous_commit') AS commit,
    current_setting('default_transaction_isolation') AS isolation, current_setting('enable_seqscan') AS scan`);
  expect(rows).toEqual([{ commit: 'on', isolation: 'read committed', scan: 'off' }]);
  await client.end();
});

/** Reads batches one by one, so that a test can say what happens between two. */
const reading = (store: ClosableEventStore): (() => Promise<LogBatch>) => {
  const iterator = store.subscribe(0n)[Symbol.asyncIterator]();
  return async () => (await iterator.next()).value as LogBatch;
};

it('is woken by the append of another process, not by its clock', async () => {
  const next = reading(open(3_600_000));
  expect(await next()).toMatchObject({ events: [], caughtUp: true });
  const other = open(3_600_000);
  for (let round = 1n; round <= 3n; round += 1n) {
    const batch = next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await written(other, aName());
    expect(await batch).toMatchObject({ position: round });
  }
});

it('finds by itself what no notice told it of', async () => {
  const next = reading(open(50));
  await next();
  const batch = next();
  await owner.query(`INSERT INTO log.events VALUES
    (1, 0, gen_random_uuid(), 'quiet', 'Quiet', '1998-06-30T16:00:00.000Z', '{"schemaVersion":1,"data":{},"metadata":{}}')`);
  await owner.query('UPDATE log.head SET position = 1');
  expect(await batch).toMatchObject({ position: 1n, events: [{ type: 'Quiet' }] });
});

it('goes on after all its connections were ended, in time and without polling', async () => {
  const store = open(3_600_000);
  const next = reading(store);
  await next();
  await written(store, aName());
  expect(await next()).toMatchObject({ position: 1n });
  const role = new URL(database.runtimeUrl).username;
  for (let round = 2n; round <= 4n; round += 1n) {
    await owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
    await written(store, aName());
    expect(await next()).toMatchObject({ position: round });
    expect(await store.head()).toBe(round);
  }
});
