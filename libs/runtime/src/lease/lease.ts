import type { ClientBase } from 'pg';
import { LeaseError } from './lease-error.js';

/** The right to act under some names: one epoch per name. Whoever takes one over counts its epoch up. */
export type Lease = Readonly<{ names: readonly string[]; epochs: readonly string[]; ttlMs: number }>;

// A lease is free when its time is over, or when its holder's session is gone (a killed process is followed at once).
// A session of another role shows no start time: it counts as alive.
const FREE = `l.until < clock_timestamp() OR NOT EXISTS (
    SELECT FROM pg_stat_activity a
    WHERE a.pid = l.backend_pid AND (a.backend_start = l.backend_start OR a.backend_start IS NULL))`;

const TAKE = `
  INSERT INTO meta.lease AS l (name, epoch, holder, until, backend_pid, backend_start)
  SELECT n, 1, $2, clock_timestamp() + $3 * interval '1 millisecond', me.pid, me.backend_start
  FROM unnest($1::text[]) n, pg_stat_activity me WHERE me.pid = pg_backend_pid()
  ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder, until = excluded.until,
    backend_pid = excluded.backend_pid, backend_start = excluded.backend_start`;
// Only a look. The INSERT locks the rows that are there, also where it takes none: asked four times a second by everybody
// who stands by, it would keep the holder's guarded writes waiting.
const TAKEN = `SELECT FROM meta.lease l WHERE l.name = ANY ($1) AND NOT (${FREE}) LIMIT 1`;
const TAKE_FREE = `${TAKE} WHERE ${FREE} RETURNING name, epoch`;
const SEIZE = `${TAKE} RETURNING name, epoch`;

// A holder may be in a long write: it keeps the row locked, and whoever waits asks again instead of standing still.
// And whoever is stopped between here and its commit is put out by the database.
const PATIENCE = `SELECT set_config('lock_timeout', '1s', true),
  set_config('idle_in_transaction_session_timeout', $1::text, true)`;
const LOCK_NOT_AVAILABLE = '55P03';

// A holder that was stopped in the middle of a large answer: its session waits for somebody to read it, for which the
// database knows no time-out, and keeps the lease's row locked.
const END_STUCK = `
  SELECT pg_terminate_backend(a.pid) FROM meta.lease l
  JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
  WHERE l.name = ANY ($1) AND l.until < clock_timestamp() AND a.usename = current_user
    AND a.wait_event = 'ClientWrite' AND a.query_start < clock_timestamp() - $2 * interval '1 millisecond'`;

const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;

type Taker = Readonly<{ sql: string; holder: string; ttlMs: number }>;

const take = async (
  client: ClientBase,
  names: readonly string[],
  { sql, holder, ttlMs }: Taker,
): Promise<Lease | null> => {
  // One order for all: two that want the same names never wait for each other.
  const ordered = [...names].sort();
  await client.query(END_STUCK, [ordered, ttlMs / 3]);
  await client.query('BEGIN');
  try {
    await client.query(PATIENCE, [`${Math.ceil(ttlMs)}ms`]);
    const { rows } = await client.query<{ name: string; epoch: string }>(sql, [ordered, holder, ttlMs]);
    const isWhole = rows.length === ordered.length;
    await client.query(isWhole ? 'COMMIT' : 'ROLLBACK');
    if (!isWhole) return null;
    return { names: rows.map(({ name }) => name), epochs: rows.map(({ epoch }) => epoch), ttlMs };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (isLocked(error)) return null;
    throw error;
  }
};

/**
 * Takes all the names or none, for the session of this client; `null`: somebody holds one of them, or is about to
 * write under it. The lease is free again when its time is over without a renewal, or when the session ends.
 */
export const takeLease = async (
  client: ClientBase,
  names: readonly string[],
  holder: string,
  ttlMs: number,
): Promise<Lease | null> => {
  const { rowCount } = await client.query(TAKEN, [names]);
  return rowCount === 0 ? take(client, names, { sql: TAKE_FREE, holder, ttlMs }) : null;
};

/**
 * Takes them from whoever holds them, alive or not: the fence makes it safe, and the holder notices within a third of
 * its lease's time. For an operator's order only; `null`: the holder is in the middle of a write, ask again.
 */
export const seizeLease = (
  client: ClientBase,
  names: readonly string[],
  holder: string,
  ttlMs: number,
): Promise<Lease | null> => take(client, names, { sql: SEIZE, holder, ttlMs });

const HOLD = `
  UPDATE meta.lease l SET until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM unnest($1::text[], $2::bigint[]) AS mine (name, epoch)
  WHERE l.name = mine.name AND l.epoch = mine.epoch
  RETURNING set_config('idle_in_transaction_session_timeout', $4::text, true)`;

/**
 * Proves that the lease still stands, renews it, and locks it in the caller's transaction: a taker waits for this
 * commit, and what an older holder starts after it is refused here (`LEASE_LOST`). A caller that is stopped before its
 * commit, for longer than `stallMs`, is put out by the database. Outside a transaction it only renews. Any session may
 * call it: what is proven is the epoch.
 */
export const holdLease = async (
  client: ClientBase,
  { names, epochs, ttlMs }: Lease,
  stallMs = ttlMs,
): Promise<void> => {
  const { rowCount } = await client.query(HOLD, [names, epochs, ttlMs, `${Math.ceil(stallMs)}ms`]);
  if (rowCount !== names.length) throw new LeaseError();
};

/** Gives it back: the next one need not wait. Of a lease that was lost, nothing. */
export const giveLease = async (client: ClientBase, lease: Lease): Promise<void> => {
  await client.query(
    `UPDATE meta.lease l SET until = '-infinity'
     FROM unnest($1::text[], $2::bigint[]) AS mine (name, epoch)
     WHERE l.name = mine.name AND l.epoch = mine.epoch`,
    [lease.names, lease.epochs],
  );
};

const HELD = `SELECT FROM meta.lease l WHERE NOT (${FREE}) LIMIT 1`;
const FENCE = `UPDATE meta.lease SET epoch = epoch + 1, until = '-infinity'`;

/**
 * In the caller's transaction, for an operator's work while nobody acts: no lease is taken or renewed until its commit,
 * and whoever held one before writes nothing more. `false`: somebody holds one; roll back, stop that process, try again.
 */
export const fenceAll = async (client: ClientBase): Promise<boolean> => {
  try {
    await client.query("SELECT set_config('lock_timeout', '1s', true)");
    await client.query('LOCK TABLE meta.lease IN SHARE ROW EXCLUSIVE MODE');
  } catch (error) {
    if (isLocked(error)) return false;
    throw error;
  }
  const { rowCount } = await client.query(HELD);
  if (rowCount !== 0) return false;
  await client.query(FENCE);
  return true;
};
