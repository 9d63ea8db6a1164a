import type { Pool } from 'pg';
import { MIGRATIONS_TABLE, whole } from './migrate.js';
import type { SchemaPart } from './schema-part.js';

/** How a database differs from what this code was written for: migrations it lacks, and migrations nobody here knows. */
export type SchemaDifference = Readonly<{ missing: readonly string[]; unknown: readonly string[] }>;

const UNDEFINED_TABLE = '42P01';

const applied = async (pool: Pool): Promise<readonly string[]> => {
  try {
    return (await pool.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE}`)).rows.map(
      ({ name }) => name,
    );
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return [];
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
