import { LacunaError } from '@lacuna/domain/kernel';
import type { ClientBase } from 'pg';
import { inTransaction } from './session.store.js';

/** The right to move some checkpoints: one epoch per name. Whoever takes it over counts the epoch up. */
export type Lease = Readonly<{ names: readonly string[]; epochs: readonly string[]; ttlMs: number }>;

/** The lease of whoever fills a build beside the live one. */
export const REBUILD_LEASE = 'rebuild';

// A lease is free when its time is over, or when its holder's session is gone (a killed process is followed at once).
// A session of another role shows no start time: it counts as alive.
const TAKE = `
  INSERT INTO views.lease AS l (name, epoch, holder, until, backend_pid, backend_start)
  SELECT n, 1, $2, clock_timestamp() + $3 * interval '1 millisecond', me.pid, me.backend_start
  FROM unnest($1::text[]) n, pg_stat_activity me WHERE me.pid = pg_backend_pid()
  ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder, until = excluded.until,
    backend_pid = excluded.backend_pid, backend_start = excluded.backend_start
  WHERE l.until < clock_timestamp() OR NOT EXISTS (
    SELECT FROM pg_stat_activity a
    WHERE a.pid = l.backend_pid AND (a.backend_start = l.backend_start OR a.backend_start IS NULL))
  RETURNING name, epoch`;

/** Takes all the names or none; `null`: somebody holds one of them. */
export const takeLease = async (
  client: ClientBase,
  names: readonly string[],
  holder: string,
  ttlMs: number,
): Promise<Lease | null> => {
  const ordered = [...names].sort();
  try {
    return await inTransaction(client, async () => {
      const { rows } = await client.query<{ name: string; epoch: string }>(TAKE, [ordered, holder, ttlMs]);
      if (rows.length < ordered.length) throw new LacunaError('LEASE_HELD');
      return { names: rows.map(({ name }) => name), epochs: rows.map(({ epoch }) => epoch), ttlMs };
    });
  } catch (error) {
    if (error instanceof LacunaError) return null;
    throw error;
  }
};

/**
 * Proves in the caller's transaction that the lease still stands, and locks it: a taker waits for this commit, and
 * what an older holder starts after it is refused here (`LEASE_LOST`).
 */
export const holdLease = async (client: ClientBase, lease: Lease): Promise<void> => {
  const { rowCount } = await client.query(
    `UPDATE views.lease l SET until = clock_timestamp() + $3 * interval '1 millisecond'
     FROM unnest($1::text[], $2::bigint[]) AS mine (name, epoch)
     WHERE l.name = mine.name AND l.epoch = mine.epoch`,
    [lease.names, lease.epochs, lease.ttlMs],
  );
  if (rowCount !== lease.names.length)
    throw new LacunaError('LEASE_LOST', 'another holder moves these views');
};

export const giveLease = async (client: ClientBase, lease: Lease): Promise<void> => {
  await client.query(
    `UPDATE views.lease l SET until = '-infinity'
     FROM unnest($1::text[], $2::bigint[]) AS mine (name, epoch)
     WHERE l.name = mine.name AND l.epoch = mine.epoch`,
    [lease.names, lease.epochs],
  );
};
