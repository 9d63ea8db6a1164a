import type { Pool, PoolClient } from 'pg';

/** `paused`: it waits for an operator. `stopped`: its holder gave it back and nobody has taken it since. */
export type ProcessorState = 'running' | 'paused' | 'failed' | 'stopped';

/** What could not be done and is tried again: a kind and a stable code, never a value. */
export type ProcessorFailure = Readonly<{ kind: string; code: string }>;

/** What the holder of a processor (`reactor`, `relay`, a view) says of it. */
export type ProcessorReport = Readonly<{
  name: string;
  /** Who holds it: a process, not a person. */
  holder: string;
  /** Of the lease it is held under: what an earlier holder says late is dropped. */
  epoch: bigint;
  /** How far in the log it has come; null where it has no place of its own there. */
  position: bigint | null;
  state: ProcessorState;
  failures: readonly ProcessorFailure[];
}>;

export type ProcessorStatus = ProcessorReport &
  Readonly<{
    /** How long ago the holder spoke, by the database's clock. */
    silentMs: number;
  }>;

type Row = Readonly<{
  name: string;
  holder: string;
  epoch: string;
  position: string | null;
  state: ProcessorState;
  failures: readonly ProcessorFailure[];
  silent_ms: string;
}>;

const REPORT = `
  INSERT INTO meta.processor AS known (name, holder, epoch, position, state, failures, seen_at)
  VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch, position = excluded.position,
    state = excluded.state, failures = excluded.failures, seen_at = excluded.seen_at
  WHERE known.epoch <= excluded.epoch`;

const READ = `
  SELECT name, holder, epoch, position, state, failures,
         greatest(0, extract(epoch FROM clock_timestamp() - seen_at) * 1000)::bigint AS silent_ms
  FROM meta.processor ORDER BY name`;

/**
 * Says how a processor is; at its changes, and every few seconds as a sign of life. True: it stands there. False: a
 * successor has spoken already, and this holder should end.
 */
export const reportProcessor = async (
  client: Pool | PoolClient,
  { name, holder, epoch, position, state, failures }: ProcessorReport,
): Promise<boolean> => {
  const { rowCount } = await client.query(REPORT, [
    name,
    holder,
    String(epoch),
    position === null ? null : String(position),
    state,
    JSON.stringify(failures),
  ]);
  return rowCount === 1;
};

/** What every processor of this store last said, whichever process holds it. */
export const processors = async (client: Pool | PoolClient): Promise<readonly ProcessorStatus[]> => {
  const { rows } = await client.query<Row>(READ);
  return rows.map(({ epoch, position, silent_ms, ...row }) => ({
    ...row,
    epoch: BigInt(epoch),
    position: position === null ? null : BigInt(position),
    silentMs: Number(silent_ms),
  }));
};

const FORGET = `
  DELETE FROM meta.processor p WHERE p.name = $1
    AND NOT EXISTS (SELECT FROM meta.lease l WHERE l.name = p.name AND l.until >= clock_timestamp())`;

/** Of a processor that is not wanted any more: nobody is to be missed. One that somebody holds, or takes up again, stays. */
export const forgetProcessor = async (client: Pool | PoolClient, name: string): Promise<void> => {
  await client.query(FORGET, [name]);
};
