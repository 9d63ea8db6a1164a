import { Pool, type PoolClient, type PoolConfig, type QueryResultRow } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';

export type DatabaseOptions = Readonly<{ connectionString: string; timeoutMs: number; readers: number }>;

/** `shared`: may go on beside others, not beside the moment a key class switches; `exclusive`: that moment. */
export type EpochLock = 'shared' | 'exclusive';

// Ours alone in a database: "lcn-epoc" and "lcn-rota" in ASCII, cut to 63 bits.
const EPOCH_LOCK = '7810207320045023075';
export const ROTATION_LOCK = '7810207320263062625';

const BEGIN: Readonly<Record<EpochLock, string>> = {
  shared: `BEGIN; SELECT pg_advisory_xact_lock_shared(${EPOCH_LOCK})`,
  exclusive: `BEGIN; SELECT pg_advisory_xact_lock(${EPOCH_LOCK})`,
};

// By shape, not by class: a socket's error comes from another realm under a test runner.
const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'connection';
};

/** A defect of ours, whatever it says: no answer of the database, and no reason to try again. */
const isDefect = (error: unknown): boolean =>
  error instanceof RangeError || error instanceof TypeError || codeOf(error).startsWith('ERR_');

// Serialisation failure, deadlock, a unique row that came between: the same transaction again may well succeed.
const TRANSIENT = new Set(['40001', '40P01', '23505']);

export const isTransient = (error: unknown): boolean => TRANSIENT.has(codeOf(error));

/** No answer from the server, or one that says it is going away: whether the last commit happened is unknown. */
export const isLostConnection = (error: unknown): boolean => {
  if (error instanceof LacunaError || isDefect(error)) return false;
  const code = codeOf(error);
  // An SQLSTATE never begins with E, as the system's own codes do (EPIPE is as long as one).
  return !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) || code.startsWith('08') || code.startsWith('57P');
};

/** PostgreSQL's answer without its texts, which can hold column values. */
export type SqlCause = Readonly<{ sqlState: string }>;

/** The one error for all that PostgreSQL can answer; what is no answer of its is a defect and goes on as it is. */
export const unavailable = (error: unknown): Error => {
  if (error instanceof LacunaError || (error instanceof Error && isDefect(error))) return error;
  const cause: SqlCause = { sqlState: codeOf(error) };
  return new LacunaError('CUSTODY_UNAVAILABLE', 'custody cannot be asked', [], { cause });
};

/** Something in a batch is at fault itself (bad data, a broken constraint): its neighbours are run without it. */
export const isPoison = (error: unknown): boolean =>
  isDefect(error) ||
  (error instanceof LacunaError && /^(22|23|54)/.test((error.cause as SqlCause | undefined)?.sqlState ?? ''));

/** The database has moved on to another key epoch: reload the keys, then ask again. Never leaves custody. */
export class StaleEpochs extends LacunaError {
  constructor() {
    super('EPOCH_STALE', 'the key epochs have changed');
  }
}

/**
 * Everything here asks for rows by their keys. A prepared statement keeps the plan it got while the tables were small,
 * and that plan reads them whole for ever after: a batch that opens ten values must not read all keys to find them.
 */
const BY_KEY = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/** Two batches of writes at once: one is prepared and answered while the database runs the other. */
export const WRITERS = 2;

/** A02: a connection that breaks is thrown away and the next call opens another; whatever it was at, it ends no process. */
const openPool = (config: PoolConfig): Pool => {
  const pool = new Pool(config);
  // Idle: the pool hears of it. In hand: the query in hand fails, and the event that comes beside it must be heard too.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** Custody's connections: the writers, whose commits concurrent callers share, and a few readers. */
export class Database {
  private readonly writers: Pool;
  private readonly readers: Pool;
  private readonly holders: Pool;

  constructor({ connectionString, timeoutMs, readers }: DatabaseOptions) {
    const common = {
      connectionString,
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + 1_000,
      application_name: 'lacuna-custody',
      options: BY_KEY,
    };
    this.writers = openPool({ ...common, max: WRITERS });
    this.readers = openPool({ ...common, max: readers });
    this.holders = openPool({ ...common, max: 1, idleTimeoutMillis: 0 });
  }

  async read<Row extends QueryResultRow>(
    name: string,
    text: string,
    values: unknown[] = [],
  ): Promise<readonly Row[]> {
    try {
      return (await this.readers.query<Row>({ name, text, values })).rows;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** One statement that writes, in a transaction of its own; sent again it must find that it was there before. */
  once<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<readonly Row[]> {
    return retrying(async () => (await this.readers.query<Row>({ name, text, values })).rows);
  }

  /** A writer's transaction; errors come as they are, so that the caller can tell transient from lost. */
  write<T>(lock: EpochLock, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return inTransaction(this.writers, lock, work);
  }

  /** A transaction beside the writers', for rare work (erasure, rotation). */
  aside<T>(lock: EpochLock, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return retrying(() => inTransaction(this.readers, lock, work));
  }

  /** The one connection whose locks last as long as this process does; its end is an event of the client's. */
  async holder(): Promise<PoolClient> {
    try {
      return await this.holders.connect();
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** A connection of one's own, given back or, after an error, closed. */
  async session<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.readers.connect().catch((error: unknown) => {
      throw unavailable(error);
    });
    return finish(client, work(client));
  }

  async close(): Promise<void> {
    await Promise.all([this.writers.end(), this.readers.end(), this.holders.end()]);
  }
}

const finish = async <T>(client: PoolClient, work: Promise<T>): Promise<T> => {
  try {
    const result = await work;
    client.release();
    return result;
  } catch (error) {
    client.release(isLostConnection(error));
    throw error;
  }
};

const inTransaction = async <T>(
  pool: Pool,
  lock: EpochLock,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect();
  const whole = async (): Promise<T> => {
    try {
      await client.query(BEGIN[lock]);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      if (!isLostConnection(error)) await client.query('ROLLBACK');
      throw error;
    }
  };
  return finish(client, whole());
};

const ATTEMPTS = 4;

const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 20 * 3 ** attempt * (0.5 + Math.random())));

/** The one retry loop: what it runs must be idempotent, for the outcome of a lost commit is unknown. */
export const retrying = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const again = isTransient(error) || isLostConnection(error);
      if (!again || attempt >= ATTEMPTS) throw unavailable(error);
      await pause(attempt);
    }
  }
};
