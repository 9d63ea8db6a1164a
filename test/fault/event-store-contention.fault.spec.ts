import { createPostgresEventStore, eventLogSchema, type ClosableEventStore } from '@lacuna/event-store';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Client } from 'pg';
import { anEvent, aRequest, aStream, expectDense, until, wholeLog } from './event-store-samples.js';

let database: FreshDatabase;
let owner: Client;
let store: ClosableEventStore;

beforeEach(async () => {
  database = await freshDatabase(eventLogSchema);
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  store = createPostgresEventStore({ connectionString: database.runtimeUrl });
});

afterEach(async () => {
  await Promise.all([store.close(), owner.end()]);
  await database.drop();
});

/** Makes inserts fail with a SQL state as long as a sequence, which no rollback takes back, says so. */
const failInserts = async (sqlState: string, condition: string): Promise<void> => {
  await owner.query('CREATE SEQUENCE public.tries');
  await owner.query(`
    CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE try bigint := nextval('public.tries');
    BEGIN
      IF ${condition} THEN RAISE EXCEPTION 'forced' USING ERRCODE = '${sqlState}'; END IF;
      RETURN NEW;
    END $$`);
  await owner.query(
    'CREATE TRIGGER fail BEFORE INSERT ON log.events FOR EACH ROW EXECUTE FUNCTION public.fail()',
  );
};

const tries = async (): Promise<number> =>
  Number(
    (await owner.query<{ last_value: string }>('SELECT last_value FROM public.tries')).rows[0]?.last_value,
  );

it.each(['40001', '40P01'])(
  'A08 an append that meets %s is tried again, at most three times',
  async (sqlState) => {
    await failInserts(sqlState, 'try <= 3');
    expect(await store.append(aRequest())).toMatchObject({ kind: 'appended', position: 1n });
    expect(await tries()).toBe(4);
  },
);

it.each(['40001', '40P01'])(
  'A08 what meets %s a fourth time is answered as contended, and not written',
  async (sqlState) => {
    await failInserts(sqlState, 'try <= 4');
    const request = aRequest();
    await expect(store.append(request)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
    expect(await tries()).toBe(4);
    expect(await store.head()).toBe(0n);
    expect(await store.append(request)).toMatchObject({ kind: 'appended', position: 1n });
  },
);

it('A08 a real deadlock, locks taken in the opposite order, is survived', async () => {
  await owner.query('BEGIN');
  await owner.query('LOCK TABLE log.events IN SHARE MODE');
  const appended = store.append(aRequest());
  await until(async () => {
    const { rows } = await owner.query(
      "SELECT 1 FROM pg_locks WHERE relation = 'log.events'::regclass AND NOT granted",
    );
    return rows.length > 0;
  });
  // The append holds the head and waits for us; asking for the head now closes the circle.
  const ours = owner.query('SELECT 1 FROM log.head FOR UPDATE').then(
    () => owner.query('COMMIT'),
    () => owner.query('ROLLBACK'),
  );
  expect(await appended).toMatchObject({ kind: 'appended', position: 1n });
  await ours;
});

it('A06 what PostgreSQL itself refuses is refused alone: its 30 neighbours are answered', async () => {
  await failInserts('22000', "NEW.type = 'Poison'");
  const requests = Array.from({ length: 31 }, (_, index) =>
    aRequest({ expected: 'none', events: [anEvent(index === 15 ? 'Poison' : 'Sampled')] }),
  );
  const settled = await Promise.allSettled(requests.map((request) => store.append(request)));
  expect(settled.map((one) => one.status)).toEqual(
    requests.map((_, index) => (index === 15 ? 'rejected' : 'fulfilled')),
  );
  const failure = settled[15];
  expect(failure).toMatchObject({ reason: { code: 'STORE_REFUSED' } });
  // Neither the message nor a cause quotes what was to be written.
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(Error.prototype))).not.toContain(
    requests[15]!.stream,
  );
  const events = await wholeLog(store);
  expect(events).toHaveLength(30);
  expectDense(events);
});

describe('A10 more callers than places', () => {
  const connections = async (): Promise<number> => {
    const { rows } = await owner.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'lacuna-event-store%'`,
    );
    return rows[0]?.count ?? -1;
  };

  it('A10 200 appends while the log is held: the queue is bounded, the rest are told at once, none is lost', async () => {
    const bounded = createPostgresEventStore({ connectionString: database.runtimeUrl, maxQueued: 50 });
    await bounded.append(aRequest());
    // A connection of its own: inside a transaction pg_stat_activity stands still.
    const holder = new Client({ connectionString: database.ownerUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM log.head FOR UPDATE');
    const held = bounded.append(aRequest());
    await until(async () => {
      const { rows } = await owner.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rows.length > 0;
    });
    let refused = 0;
    const appends = Array.from({ length: 200 }, () =>
      bounded.append(aRequest()).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'STORE_BUSY' });
        refused += 1;
        return null;
      }),
    );
    await until(() => refused === 150, 5_000);
    await holder.query('COMMIT');
    await holder.end();
    expect(await held).toMatchObject({ kind: 'appended' });
    const answered = (await Promise.all(appends)).filter((answer) => answer !== null);
    expect(answered).toHaveLength(50);
    expect(await bounded.head()).toBe(52n);
    await bounded.close();
  });

  it('A10 200 reads of each kind at once over two connections: all answered, none leaked', async () => {
    const narrow = createPostgresEventStore({ connectionString: database.runtimeUrl, maxReadConnections: 2 });
    const stream = aStream();
    await narrow.append(aRequest({ stream }));
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        expect((await narrow.readStream(stream)).last).toBe(0n);
        expect(await wholeLog(narrow)).toHaveLength(1);
      }),
    );
    expect(await connections()).toBeLessThanOrEqual(3);
    await narrow.close();
    await until(async () => (await connections()) === 0);
  });
});
