import type { ClientBase, Pool } from 'pg';

type Facts = Readonly<{ version: number; standby: boolean; encoding: string; writes: boolean }>;

const OLDEST = 150_000;

/** B13: on a standby reads would be of the past and writes impossible; better to say so than to find out. */
export const assertUsable = async (database: ClientBase | Pool): Promise<void> => {
  const { rows } = await database.query<Facts>(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
            current_setting('server_encoding') AS encoding, current_setting('fsync') = 'on' AS writes`,
  );
  const [facts] = rows;
  if (!facts || facts.version < OLDEST) throw new Error('the database must be PostgreSQL 15 or later');
  if (facts.standby) throw new Error('the database is a standby: give the address of the primary');
  if (facts.encoding !== 'UTF8') throw new Error('the database must be encoded in UTF8');
  if (!facts.writes) throw new Error('the database runs with fsync off: what it acknowledges can be lost');
};
