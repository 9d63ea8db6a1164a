import type { ClientBase } from 'pg';
import { LeaseError } from './lease-error.js';

/** The right to act under some names: one epoch per name. Whoever takes one over counts its epoch up. */
export type Lease = Readonly<{ names: readonly string[]; epochs: readonly string[]; ttlMs: number }>;

// A lease is free when its time is over, or when its holder's session is gone (a killed process is followed at once).
// A session of another role shows no start time: it counts as alive.
const TAKE = `
  INSERT INTO meta.lease AS l (name, epoch, holder, until, backend_pid, backend_start)
  SELECT n, 1, $2, clock_timestamp() + $3 * interval '1 millisecond', me.pid, me.backend_start
  FROM unnest($1::text[]) n, pg_stat_activity me WHERE me.pid = pg_backend_pid()
  ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder, until = excluded.until,
    backend_pid = excluded.backend_pid, backend_start = excluded.backend_start
  WHERE l.until < clock_timestamp() OR NOT EXISTS (
    SELECT FROM pg_stat_activity a
    WHERE a.pid = l.backend_pid AND (a.backend_start = l.backend_start OR a.backend_start IS NULL))
  RETURNING name, epoch`;

// A holder may be in a long write: it keeps the row locked, and whoever waits asks again instead of standing still.
const PATIENCE = "SET LOCAL lock_timeout = '1s'";
const LOCK_NOT_AVAILABLE = '55P03';

const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;

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
  // One order for all: two that want the same names never wait for each other.
  const ordered = [...names].sort();
  await client.query('BEGIN');
  try {
    await client.query(PATIENCE);
    const { rows } = await client.query<{ name: string; epoch: string }>(TAKE, [ordered, holder, ttlMs]);
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
 * Proves that the lease still stands, renews it, and locks it in the caller's transaction: a taker waits for this
 * commit, and what an older holder starts after it is refused here (`LEASE_LOST`). Outside a transaction it only
 * renews. Any session may call it: what is proven is the epoch.
 */
export const holdLease = async (client: ClientBase, lease: Lease): Promise<void> => {
  const { rowCount } = await client.query(
    `UPDATE meta.lease l SET until = clock_timestamp() + $3 * interval '1 millisecond'
     FROM unnest($1::text[], $2::bigint[]) AS mine (name, epoch)
     WHERE l.name = mine.name AND l.epoch = mine.epoch`,
    [lease.names, lease.epochs, lease.ttlMs],
  );
  if (rowCount !== lease.names.length) throw new LeaseError();
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
