import type { Pool } from 'pg';
import { ConfigError, schemaDifference, type SchemaPart } from '@lacuna/runtime';

/** An app runs on the schema of its own code and on no other: it migrates nothing. Exit 3, saying which it lacks or knows not. */
export const assertSchema = async (pool: Pool, parts: readonly SchemaPart[]): Promise<void> => {
  const { missing, unknown } = await schemaDifference(pool, parts);
  if (missing.length > 0)
    throw new ConfigError([
      {
        key: 'DATABASE_URL',
        problem: `its schema is older than this code, it lacks ${missing.join(', ')}: run "npx lacuna migrate"`,
      },
    ]);
  if (unknown.length > 0)
    throw new ConfigError([
      {
        key: 'DATABASE_URL',
        problem: `its schema is newer than this code, which does not know ${unknown.join(', ')}: run a newer one`,
      },
    ]);
};
