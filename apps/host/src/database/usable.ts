import type { ClientBase, Pool } from 'pg';
import { ConfigError } from '@lacuna/runtime';

export type DatabaseFacts = Readonly<{
  version: number;
  standby: boolean;
  encoding: string;
  writes: boolean;
}>;

const OLDEST = 150_000;

/** Why a database cannot be used; null where it can. */
export const problemOf = (facts: DatabaseFacts | undefined): string | null => {
  if (!facts || facts.version < OLDEST) return 'the database must be PostgreSQL 15 or later';
  if (facts.standby) return 'the database is a standby: give the address of the primary';
  if (facts.encoding !== 'UTF8') return 'the database must be encoded in UTF8';
  if (!facts.writes) return 'the database runs with fsync off: what it acknowledges can be lost';
  return null;
};

/** B13: on a standby reads would be of the past and writes impossible; better to say so than to find out. */
export const assertUsable = async (database: ClientBase | Pool): Promise<void> => {
  const { rows } = await database.query<DatabaseFacts>(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
            current_setting('server_encoding') AS encoding, current_setting('fsync') = 'on' AS writes`,
  );
  const problem = problemOf(rows[0]);
  if (problem !== null) throw new ConfigError([{ key: 'DATABASE_URL', problem }]);
};
