import { DataSource } from 'typeorm';
import type { SchemaPart } from './schema-part.js';

export type MigrationReport = Readonly<{ applied: readonly string[] }>;

/** Each part once, with what it needs. */
const whole = (parts: readonly SchemaPart[]): readonly SchemaPart[] => [
  ...new Set(parts.flatMap((part) => [...whole(part.needs ?? []), part])),
];

// One lock for all migrators of a database: a second one waits. The number is ours alone ("lacuna" in ASCII, 48 bits).
const MIGRATION_LOCK = '119155743387233';

/**
 * Brings a database to the newest schema, as its owner, each migration in a transaction of its own.
 * A failed migration leaves the version before it, whole. `runtimeRole: null` skips the grants.
 */
export const migrate = async (
  ownerUrl: string,
  parts: readonly SchemaPart[],
  runtimeRole: string | null,
): Promise<MigrationReport> => {
  const source = await new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: whole(parts).flatMap((part) => [...part.migrations]),
    migrationsTableName: 'lacuna_migrations',
    migrationsTransactionMode: 'each',
    poolSize: 2,
    logging: false,
  }).initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const applied = await source.runMigrations();
    if (runtimeRole !== null) {
      for (const statement of whole(parts).flatMap((part) => part.grants(runtimeRole)))
        await source.query(statement);
    }
    return { applied: applied.map((migration) => migration.name) };
  } finally {
    await lock.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => undefined);
    await lock.release();
    await source.destroy();
  }
};
