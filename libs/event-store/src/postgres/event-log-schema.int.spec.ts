import { setTimeout as sleep } from 'node:timers/promises';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Client } from 'pg';
import { aName, aRequest, batchesOf, someEvents, written } from '../contract/sample-events.js';
import type { ClosableEventStore } from '../event-store.port.js';
import { eventLogSchema } from './event-log-schema.js';
import { createPostgresEventStore } from './postgres-event-store.js';

let database: FreshDatabase;
let store: ClosableEventStore;
let owner: Client;
let runtime: Client;

beforeEach(async () => {
  database = await freshDatabase(eventLogSchema);
  store = createPostgresEventStore({ connectionString: database.runtimeUrl });
  owner = new Client({ connectionString: database.ownerUrl });
  runtime = new Client({ connectionString: database.runtimeUrl });
  await Promise.all([owner.connect(), runtime.connect()]);
});

afterEach(async () => {
  await Promise.all([store.close(), owner.end(), runtime.end()]);
  await database.drop();
});

describe('what the runtime role may do', () => {
  it('appends and reads, and cannot change, remove or forge an event', async () => {
    await written(store, aName());
    for (const statement of [
      "UPDATE log.events SET body = '{}'",
      'DELETE FROM log.events',
      'TRUNCATE log.events',
      "INSERT INTO log.events VALUES (9, 0, gen_random_uuid(), 's', 't', '', '{}')",
      'UPDATE log.head SET position = 0',
      'DELETE FROM log.head',
      'SELECT position FROM log.head FOR UPDATE',
      'ALTER TABLE log.events DISABLE TRIGGER ALL',
      'DROP TABLE log.events',
      'CREATE TABLE log.intruder ()',
      'CREATE OR REPLACE FUNCTION log.append() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    ])
      await expect(runtime.query(statement)).rejects.toMatchObject({ code: '42501' });
    expect((await runtime.query('SELECT position FROM log.events')).rows).toEqual([{ position: '1' }]);
  });

  it('gives no right to anybody else', async () => {
    const role = `stranger_${Date.now().toString(36)}`;
    await owner.query(`CREATE ROLE ${role}`);
    await owner.query(`GRANT USAGE ON SCHEMA log TO ${role}`);
    await owner.query(`SET ROLE ${role}`);
    for (const statement of [
      'SELECT 1 FROM log.events',
      "SELECT log.append('{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    ])
      await expect(owner.query(statement)).rejects.toMatchObject({ code: '42501' });
    await owner.query('RESET ROLE');
    await owner.query(`REVOKE USAGE ON SCHEMA log FROM ${role}`);
    await owner.query(`DROP ROLE ${role}`);
  });

  it('does not lead the append astray with objects of its own', async () => {
    await runtime.query('CREATE TEMP TABLE events (LIKE log.events)');
    await runtime.query('CREATE TEMP TABLE head (position bigint, recorded_at text)');
    await runtime.query(
      `SELECT * FROM log.append('{astray}', '{-1}', '{2000-01-01T00:00:00.000Z}', '{1}',
         ARRAY[gen_random_uuid()], '{T}', ARRAY['{"schemaVersion":1,"data":{},"metadata":{}}'])`,
    );
    expect(await store.head()).toBe(1n);
    expect((await runtime.query('SELECT count(*) FROM pg_temp.events')).rows).toEqual([{ count: '0' }]);
  });
});

describe('A12 64-bit places', () => {
  it.each([
    ['2^31', 2n ** 31n],
    // Beyond 2^53 a double holds even numbers only: one case ends odd, the next begins odd.
    ['2^53 + 1', 2n ** 53n + 1n],
    ['2^53 + 2', 2n ** 53n + 2n],
  ])('A12 keeps revisions and positions exactly at %s', async (_label, place) => {
    const stream = aName();
    await written(store, stream);
    await owner.query('UPDATE log.events SET position = $1, revision = $1', [place.toString()]);
    await owner.query('UPDATE log.head SET position = $1', [place.toString()]);
    expect(await store.append(aRequest(stream, { expected: place - 1n }))).toEqual({
      kind: 'conflict',
      actual: place,
    });
    expect(await written(store, stream, { expected: place })).toMatchObject({
      revision: place + 1n,
      position: place + 1n,
    });
    const slice = await store.readStream(stream, { from: place + 1n });
    expect(slice).toMatchObject({
      last: place + 1n,
      events: [{ revision: place + 1n, position: place + 1n }],
    });
    const [batch] = await batchesOf(store.readAll(place));
    expect(batch).toMatchObject({ position: place + 1n, caughtUp: true });
    expect(await store.head()).toBe(place + 1n);
  });

  it('A12 refuses, typed, what would pass the last place, and goes on', async () => {
    await owner.query('UPDATE log.head SET position = $1', [(2n ** 63n - 2n).toString()]);
    await expect(store.append(aRequest(aName(), { events: someEvents(2) }))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
    expect(await written(store, aName())).toMatchObject({ position: 2n ** 63n - 1n });
  });
});

it('A12 tells stream ids apart whose hashes collide', async () => {
  // Found by PostgreSQL itself, with the hash that its joins and hash indexes use on text.
  const { rows } = await owner.query<{ names: string[] }>(`
    SELECT array_agg(name) AS names FROM (
      SELECT 'car-club.member-' || n AS name, hashtext('car-club.member-' || n) AS hash FROM generate_series(1, 300000) n
    ) named GROUP BY hash HAVING count(*) > 1 LIMIT 5`);
  expect(rows).toHaveLength(5);
  const names = rows.flatMap((row) => row.names);
  await Promise.all(names.map((stream) => written(store, stream, { expected: 'none' })));
  const slices = await Promise.all(names.map((stream) => store.readStream(stream)));
  expect(slices.map((slice) => slice.events.map((event) => event.stream))).toEqual(
    names.map((name) => [name]),
  );
});

describe('several processes on one log', () => {
  it('keeps places dense and streams gapless with three stores of 24 writers each', async () => {
    const stores = [1, 2, 3].map(() => createPostgresEventStore({ connectionString: database.runtimeUrl }));
    const streams = Array.from({ length: 6 }, () => aName('shared'));
    const writers = stores.flatMap((one) =>
      Array.from({ length: 24 }, async (_, index) => {
        for (let round = 0; round < 5; round += 1)
          await written(one, streams[(index + round) % 6]!, { events: someEvents(1 + (index % 2)) });
      }),
    );
    await Promise.all(writers);
    const events = (await batchesOf(store.readAll(0n))).flatMap((batch) => batch.events);
    expect(events).toHaveLength(3 * 5 * (12 + 24));
    expect(events.map((event) => event.position)).toEqual(events.map((_, index) => BigInt(index + 1)));
    for (const stream of streams) {
      const revisions = events.filter((event) => event.stream === stream).map((event) => event.revision);
      expect(revisions).toEqual(revisions.map((_, index) => BigInt(index)));
    }
    await Promise.all(stores.map((one) => one.close()));
  });

  it('A04 of 64 writers in four stores with one expected revision exactly one wins', async () => {
    const stores = [1, 2, 3, 4].map(() =>
      createPostgresEventStore({ connectionString: database.runtimeUrl }),
    );
    const stream = aName('stampede');
    await written(store, stream);
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, index) => stores[index % 4]!.append(aRequest(stream, { expected: 0n }))),
    );
    expect(results.filter((result) => result.kind === 'appended')).toHaveLength(1);
    expect(results.filter((result) => result.kind === 'conflict' && result.actual === 1n)).toHaveLength(63);
    await Promise.all(stores.map((one) => one.close()));
  });
});

it('answers what is under way when it is closed, then refuses, and leaves no connection', async () => {
  const appends = Array.from({ length: 10 }, () => store.append(aRequest(aName())));
  const subscription = batchesOf(store.subscribe(0n));
  await store.head();
  await store.close();
  expect((await Promise.all(appends)).map((result) => result.kind)).toEqual(appends.map(() => 'appended'));
  await subscription;
  await expect(store.append(aRequest(aName()))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(store.readStream(aName())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  // A backend leaves a moment after its client has said goodbye.
  const connections = async (): Promise<number> => {
    const { rowCount } = await owner.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'lacuna-event-store%'",
    );
    return rowCount ?? 0;
  };
  for (let waited = 0; waited < 10_000 && (await connections()) > 0; waited += 50) await sleep(50);
  expect(await connections()).toBe(0);
});
