import { setTimeout as pause } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import {
  fenceAll,
  holdLease,
  LeaseError,
  isLeaseLost,
  leaseSessions,
  metaSchema,
  takeLease,
  underLease,
  type HeldLease,
  type UnderLease,
} from '@lacuna/runtime';

/** So long that no pause of a busy machine makes a living holder lose it. */
const TTL_MS = 2_000;

let database: FreshDatabase;
let pool: Pool;
let ends: (() => Promise<void>)[];

beforeAll(async () => {
  database = await freshDatabase(metaSchema);
});
afterAll(() => database.drop());
beforeEach(() => {
  pool = new Pool({ connectionString: database.runtimeUrl });
  pool.on('error', () => undefined);
  ends = [];
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  await pool.query("UPDATE meta.lease SET until = '-infinity'");
  await pool.end();
});

type Actor = {
  held: HeldLease | null;
  readonly epochs: bigint[];
  readonly troubles: string[];
  readonly states: string[];
  end(): Promise<void>;
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Holds the lease for as long as it can. */
const actor = (options: Partial<UnderLease> = {}): Actor => {
  const ending = new AbortController();
  const mine: Actor = { held: null, epochs: [], troubles: [], states: [], end: () => Promise.resolve() };
  const running = underLease({
    connect: leaseSessions(database.runtimeUrl, TTL_MS),
    names: ['reactor'],
    ttlMs: TTL_MS,
    retryMs: 20,
    signal: ending.signal,
    onTrouble: (code) => mine.troubles.push(code),
    onState: (state) => mine.states.push(state),
    run: async (held) => {
      mine.held = held;
      mine.epochs.push(held.epoch);
      await aborted(held.signal);
      mine.held = null;
    },
    ...options,
  });
  mine.end = () => {
    ending.abort();
    return running;
  };
  ends.push(() => mine.end());
  return mine;
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let n = 0; !holds(); n++) {
    if (n > 1_000) throw new Error('it did not come to pass');
    await pause(10);
  }
};

const inTransaction = async (work: (client: Client) => Promise<unknown>): Promise<void> => {
  const client = new Client({ connectionString: database.runtimeUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
};

it('one acts, and renews its lease for as long as it does; the other stands by', async () => {
  const first = actor();
  await until(() => first.held !== null);
  const second = actor();
  await pause(2 * TTL_MS);
  expect([first.epochs.length, second.epochs.length]).toEqual([1, 0]);
  expect([first.states, second.states]).toEqual([['running'], []]);
});

it('who stands by takes over when the holder ends, long before its lease would, with a higher epoch', async () => {
  const first = actor({ ttlMs: 60_000 });
  await until(() => first.held !== null);
  const second = actor({ ttlMs: 60_000 });
  await pause(300);
  expect(second.held).toBeNull();
  await first.end();
  await until(() => second.held !== null);
  expect(second.held?.epoch).toBe((first.epochs[0] ?? 0n) + 1n);
  expect([first.states, second.states]).toEqual([['running', 'standby'], ['running']]);
  expect([...first.troubles, ...second.troubles]).toEqual([]);
});

it('a holder whose session is cut is told, and acts again only under a new epoch', async () => {
  const one = actor();
  await until(() => one.held !== null);
  await pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lacuna-lease' AND datname = current_database()",
  );
  await until(() => one.epochs.length === 2);
  expect(one.troubles).toHaveLength(1);
  expect((one.epochs[1] ?? 0n) > (one.epochs[0] ?? 0n)).toBe(true);
});

it('B05 a holder that does not come to renew knows by its own clock that it may not act, and its writes are refused', async () => {
  const stall = { on: false, go: (): void => undefined };
  const first = actor({
    connect: async () => {
      const client = await leaseSessions(database.runtimeUrl, 60_000)();
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      const going = new Promise<void>((resolve) => (stall.go = resolve));
      Object.defineProperty(client, 'query', {
        value: (...args: unknown[]) => (stall.on ? going.then(() => query(...args)) : query(...args)),
      });
      return client;
    },
  });
  await until(() => first.held !== null);
  const { held } = first;
  held?.check();
  stall.on = true;
  const second = actor();
  await until(() => second.held !== null);
  expect(() => held?.check()).toThrow(LeaseError);
  await expect(inTransaction(async (client) => held?.guard(client))).rejects.toThrow(LeaseError);
  await inTransaction(async (client) => second.held?.guard(client));
  await until(() => first.troubles.length > 0);
  expect(first.troubles[0]).toBe('LEASE_LOST');
  stall.on = false;
  stall.go();
  expect(second.epochs).toHaveLength(1);
});

const LOOKS = 6;

it('a look of somebody who stands by waits for no write of the holder, and keeps none waiting', async () => {
  const one = actor({ ttlMs: 60_000 });
  await until(() => one.held !== null);
  const standby = new Client({ connectionString: database.runtimeUrl });
  await standby.connect();
  await inTransaction(async (client) => {
    await one.held?.guard(client);
    const began = Date.now();
    for (let looks = 0; looks < LOOKS; looks += 1)
      expect(await takeLease(standby, ['reactor'], 'standby', TTL_MS)).toBeNull();
    // Each that waited for the write would do so for the second that a taker has patience for.
    expect(Date.now() - began).toBeLessThan(LOOKS * 700);
  });
  const locked = "SELECT xmax::text FROM meta.lease WHERE name = 'reactor'";
  const before = await pool.query(locked);
  expect(await takeLease(standby, ['reactor'], 'standby', 600)).toBeNull();
  expect((await pool.query(locked)).rows).toEqual(before.rows);
  await standby.end();
});

it('B05 a guarded write that was rolled back has prolonged nothing', async () => {
  const stall = { on: false };
  const one = actor({
    connect: async () => {
      const client = await leaseSessions(database.runtimeUrl, 60_000)();
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      const never = new Promise<void>(() => undefined);
      Object.defineProperty(client, 'query', {
        value: (...args: unknown[]) => (stall.on ? never : query(...args)),
      });
      return client;
    },
  });
  await until(() => one.held !== null);
  const { held } = one;
  stall.on = true;
  const began = performance.now();
  await pause(TTL_MS / 2);
  await inTransaction(async (client) => {
    await held?.guard(client);
    throw new Error('rolled back');
  }).catch(() => undefined);
  await pause(Math.max(0, began + TTL_MS + 100 - performance.now()));
  expect(() => held?.check()).toThrow(LeaseError);
  stall.on = false;
});

it('B05 a guarded write that was refused ends the holder at once, without waiting for the next renewal', async () => {
  const one = actor({ ttlMs: 60_000 });
  await until(() => one.held !== null);
  const { held } = one;
  await pool.query("UPDATE meta.lease SET epoch = epoch + 1, until = '-infinity' WHERE name = 'reactor'");
  await expect(inTransaction(async (client) => held?.guard(client))).rejects.toThrow();
  await until(() => one.epochs.length === 2);
  expect(one.troubles).toEqual(['LEASE_LOST']);
});

it('a taker waits for a guarded write that is under way, and a stopped one is put out by the database', async () => {
  const one = actor({ ttlMs: 60_000 });
  await until(() => one.held !== null);
  const lease = one.held?.lease;
  const taker = new Client({ connectionString: database.runtimeUrl });
  taker.on('error', () => undefined);
  await taker.connect();
  await inTransaction(async (client) => {
    if (lease) await holdLease(client, { ...lease, ttlMs: 1 }, 60_000);
    await pause(50);
    // Its time is over, but not its write.
    expect(await takeLease(taker, ['reactor'], 'taker', 600)).toBeNull();
  });
  await pause(10);
  const taken = await takeLease(taker, ['reactor'], 'taker', 100);
  expect(taken).not.toBeNull();
  if (taken === null) return;

  await expect(
    inTransaction(async (client) => {
      await holdLease(client, taken);
      await pause(400);
    }),
  ).rejects.toThrow('connection error');
  await taker.end();
});

it('B05 a holder that was stopped in the middle of a large answer, under its lease, is put out by its successor', async () => {
  const stopped = new Client({ connectionString: database.runtimeUrl });
  stopped.on('error', () => undefined);
  await stopped.connect();
  const lease = await takeLease(stopped, ['reactor'], 'stopped', 300);
  await stopped.query('BEGIN');
  if (lease) await holdLease(stopped, lease);
  // What a stopped process does with an answer: it does not read it.
  const { connection } = stopped as Client & { connection: { stream: { pause(): void; destroy(): void } } };
  const answer = stopped
    .query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
    .catch((error: unknown) => error);
  connection.stream.pause();
  const second = actor();
  await until(() => second.held !== null);
  connection.stream.destroy();
  expect(await answer).toBeInstanceOf(Error);
  await stopped.end().catch(() => undefined);
});

it('what fails is told by its code and begun again; an order takes the lease from a living holder', async () => {
  let tries = 0;
  const first = actor({
    run: async ({ signal }) => {
      tries += 1;
      if (tries === 1) throw Object.assign(new Error('secret words'), { code: 'STORE_UNAVAILABLE' });
      await aborted(signal);
    },
  });
  await until(() => tries === 2);
  expect(first.troubles).toEqual(['STORE_UNAVAILABLE']);
  const second = actor({ seize: () => true });
  await until(() => second.held !== null);
  await until(() => first.troubles.length === 2);
  expect(first.troubles[1]).toBe('LEASE_LOST');
  await pause(TTL_MS + 100);
  expect([tries, second.epochs.length]).toEqual([2, 1]);
});

it('takes all the names or none', async () => {
  const one = new Client({ connectionString: database.runtimeUrl });
  const other = new Client({ connectionString: database.runtimeUrl });
  await Promise.all([one.connect(), other.connect()]);
  const lease = await takeLease(one, ['b', 'a'], 'one', 60_000);
  expect(lease?.names).toEqual(['a', 'b']);
  expect(await takeLease(other, ['c', 'b'], 'other', 60_000)).toBeNull();
  expect(await takeLease(other, ['c'], 'other', 60_000)).not.toBeNull();
  await one.end();
  const taken = await takeLease(other, ['a', 'b'], 'other', 60_000);
  expect(taken?.epochs).toEqual(['2', '2']);
  const late = await (lease ? holdLease(other, lease) : Promise.resolve()).catch((error: unknown) => error);
  expect(isLeaseLost(late)).toBe(true);
  await other.end();
});

it('an operator’s work is refused while somebody holds a lease, writes under one, or cannot be seen to have ended', async () => {
  const fenced = async (): Promise<boolean> => {
    let answer = false;
    await inTransaction(async (client) => (answer = await fenceAll(client)));
    return answer;
  };
  const one = actor();
  await until(() => one.held !== null);
  expect(await fenced()).toBe(false);
  await one.end();
  // A write under it that has not been committed, of a holder whose session is gone.
  const writer = await pool.connect();
  await writer.query('BEGIN');
  await writer.query("UPDATE meta.lease SET until = until WHERE name = 'reactor'");
  expect(await fenced()).toBe(false);
  await writer.query('ROLLBACK');
  writer.release();
  const { rows } = await pool.query<{ epoch: string }>("SELECT epoch FROM meta.lease WHERE name = 'reactor'");
  expect(await fenced()).toBe(true);
  const next = actor();
  await until(() => next.held !== null);
  expect(next.held?.epoch).toBe(BigInt(rows[0]?.epoch ?? 0) + 2n);
});

it('a holder that was not seen when an operator did his work writes nothing more', async () => {
  const client = await leaseSessions(database.runtimeUrl, 60_000)();
  const lease = await takeLease(client, ['reactor'], 'frozen', 60_000);
  await pool.query("UPDATE meta.lease SET until = '-infinity'");
  await inTransaction(async (operator) => expect(await fenceAll(operator)).toBe(true));
  await expect(lease ? holdLease(client, lease) : Promise.resolve()).rejects.toMatchObject({
    code: 'LEASE_LOST',
  });
  await client.end();
});
