import { randomUUID } from 'node:crypto';
import { createPostgresEventStore, eventLogSchema, type ClosableEventStore } from '@lacuna/event-store';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Client } from 'pg';
import { anEvent, aRequest, expectDense, until, wholeLog } from './event-store-samples.js';

let database: FreshDatabase;
let store: ClosableEventStore;
let clients: Client[];

const connect = async (url: string): Promise<Client> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  clients.push(client);
  return client;
};

beforeEach(async () => {
  clients = [];
  database = await freshDatabase(eventLogSchema);
  store = createPostgresEventStore({ connectionString: database.runtimeUrl });
});

afterEach(async () => {
  await Promise.all([store.close(), ...clients.map((client) => client.end())]);
  await database.drop();
});

/** A log as the harness sees it: `write` takes a place in the client's transaction, `readAfter` gives what a reader sees. */
type PlacedLog = Readonly<{
  write(client: Client, label: string): Promise<unknown>;
  readAfter(last: bigint): Promise<readonly Readonly<{ place: bigint; label: string }>[]>;
}>;

/** What many a committed table does: `nextval` gives the place, readers ask for what is beyond the last one. */
const naiveLog = async (): Promise<PlacedLog> => {
  const [owner, reader] = [await connect(database.ownerUrl), await connect(database.ownerUrl)];
  await owner.query('CREATE TABLE public.naive (place bigserial PRIMARY KEY, label text)');
  return {
    write: (client, label) => client.query('INSERT INTO public.naive (label) VALUES ($1)', [label]),
    readAfter: async (last) => {
      const { rows } = await reader.query<{ place: string; label: string }>(
        'SELECT place, label FROM public.naive WHERE place > $1 ORDER BY place',
        [last.toString()],
      );
      return rows.map((row) => ({ place: BigInt(row.place), label: row.label }));
    },
  };
};

const appendSql = (client: Client, stream: string, type: string): Promise<unknown> => {
  const { schemaVersion, data, metadata } = anEvent();
  const values = [[stream], [-2], ['1998-06-30T16:00:00.000Z'], [1], [randomUUID()], [type]];
  return client.query('SELECT * FROM log.append($1, $2, $3, $4, $5, $6, $7)', [
    ...values,
    [JSON.stringify({ schemaVersion, data, metadata })],
  ]);
};

/** The product's log; the label is the event's type. */
const ourLog = (): Promise<PlacedLog> =>
  Promise.resolve({
    write: (client, label) => appendSql(client, `fault.held-${randomUUID()}`, label),
    readAfter: async (last) => {
      const seen: { place: bigint; label: string }[] = [];
      for await (const batch of store.readAll(last))
        seen.push(...batch.events.map((event) => ({ place: event.position, label: event.type })));
      return seen;
    },
  });

const COMMITS = 1000;
const WRITERS = 8;

/**
 * One transaction takes its place and stays open while 1,000 others commit, or wait to, and a reader reads on.
 * Answers what the reader saw before the held one was released, and in all.
 */
const holdOneOpen = async (log: PlacedLog): Promise<{ before: string[]; seen: string[] }> => {
  const holder = await connect(database.ownerUrl);
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => connect(database.ownerUrl)));
  const seen: string[] = [];
  let last = 0n;
  const read = async (): Promise<void> => {
    for (const { place, label } of await log.readAfter(last)) {
      seen.push(label);
      last = place;
    }
  };
  await holder.query('BEGIN');
  await log.write(holder, 'held');
  const commits = writers.map(async (writer, index) => {
    for (let round = 0; round < COMMITS / WRITERS; round += 1)
      await log.write(writer, `later-${index}-${round}`);
  });
  const releaseAt = Date.now() + 1500;
  while (Date.now() < releaseAt) await read();
  const before = [...seen];
  await holder.query('COMMIT');
  await Promise.all(commits);
  await read();
  return { before, seen };
};

describe('B01 a transaction that holds its place open', () => {
  it('B01 the harness makes a naive reader lose an event', async () => {
    const { before, seen } = await holdOneOpen(await naiveLog());
    expect(before.length).toBeGreaterThan(0);
    expect(seen).not.toContain('held');
    expect(seen.length).toBeLessThanOrEqual(COMMITS);
  });

  it('B01 in the log none lands before it, and all after its release', async () => {
    const { before, seen } = await holdOneOpen(await ourLog());
    expect(before).toEqual([]);
    expect(seen).toHaveLength(COMMITS + 1);
    expect(seen[0]).toBe('held');
    expect(new Set(seen).size).toBe(COMMITS + 1);
    expectDense(await wholeLog(store));
  }, 60_000);
});

it('B02 a stream is never inverted by a transaction that took its id early: 10,000 of 10,000', async () => {
  const RUNS = 10_000;
  const PAIRS = 4;
  const abort = new AbortController();
  const live: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal }))
      live.push(...batch.events.map((event) => event.id));
  };
  const following = follow();
  const pair = async (index: number): Promise<void> => {
    const [early, other] = [await connect(database.ownerUrl), await connect(database.ownerUrl)];
    for (const client of [early, other]) await client.query('SET synchronous_commit = off');
    for (let run = 0; run < RUNS / PAIRS; run += 1) {
      const stream = `fault.early-${index}-${run}`;
      await early.query('BEGIN; SELECT pg_current_xact_id()');
      await appendSql(other, stream, 'First');
      await appendSql(early, stream, 'Second');
      await early.query('COMMIT');
    }
  };
  await Promise.all(Array.from({ length: PAIRS }, (_, index) => pair(index)));
  const events = await wholeLog(store);
  expect(events).toHaveLength(2 * RUNS);
  expectDense(events);
  const wrong = events.filter((event) => event.type !== (event.revision === 0n ? 'First' : 'Second'));
  expect(wrong).toEqual([]);
  await until(() => live.length >= 2 * RUNS);
  abort.abort();
  await following;
  expect(live).toEqual(events.map((event) => event.id));
}, 120_000);

it('B03 rolled-back appends leave no hole, and a reader waits for none', async () => {
  const abort = new AbortController();
  const live: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal }))
      live.push(...batch.events.map((event) => event.id));
  };
  const following = follow();
  const client = await connect(database.ownerUrl);
  const rollBack = async (): Promise<void> => {
    await client.query('BEGIN');
    await appendSql(client, `fault.gone-${randomUUID()}`, 'Gone');
    await client.query('ROLLBACK');
  };
  const kept = 400;
  for (let index = 0; index < kept; index += 1) {
    if (index % 20 === 0) await rollBack();
    await store.append(aRequest());
  }
  for (let index = 0; index < 500; index += 1) await rollBack();
  const last = await store.append(aRequest());
  expect(last).toMatchObject({ position: BigInt(kept + 1) });
  await until(() => live.length === kept + 1);
  abort.abort();
  await following;
  const events = await wholeLog(store);
  expectDense(events);
  expect(events.map((event) => event.type)).not.toContain('Gone');
  expect(live).toEqual(events.map((event) => event.id));
}, 60_000);
