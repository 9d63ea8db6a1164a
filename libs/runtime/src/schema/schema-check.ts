import type { Pool } from 'pg';
import { MIGRATIONS_TABLE, whole } from './migrate.js';
import type { SchemaPart } from './schema-part.js';

/** How a database differs from what this code was written for: migrations it lacks, and migrations nobody here knows. */
export type SchemaDifference = Readonly<{ missing: readonly string[]; unknown: readonly string[] }>;

// No table of migrations, or one that may not be read: an earlier version made it without saying that apps may.
const NOT_MIGRATED: readonly unknown[] = ['42P01', '42501'];

const applied = async (pool: Pool): Promise<readonly string[]> => {
  try {
    return (await pool.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE}`)).rows.map(
      ({ name }) => name,
    );
  } catch (error) {
    if (NOT_MIGRATED.includes((error as { code?: unknown }).code)) return [];
    throw error;
  }
};

/** Looks whether a database has the schema of these parts, no less and no more; changes nothing. */
export const schemaDifference = async (
  pool: Pool,
  parts: readonly SchemaPart[],
): Promise<SchemaDifference> => {
  const known = whole(parts).flatMap(({ migrations }) => migrations.map(({ name }) => name));
  const found = await applied(pool);
  return {
    missing: known.filter((name) => !found.includes(name)),
    unknown: found.filter((name) => !known.includes(name)),
  };
};
