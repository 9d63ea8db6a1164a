import { DataSource } from 'typeorm';
import type { SchemaPart } from './schema-part.js';

export type MigrationReport = Readonly<{ applied: readonly string[] }>;

/** What has been migrated, by TypeORM's own book. */
export const MIGRATIONS_TABLE = 'lacuna_migrations';

/** Each part once, with what it needs. */
export const whole = (parts: readonly SchemaPart[]): readonly SchemaPart[] => [
  ...new Set(parts.flatMap((part) => [...whole(part.needs ?? []), part])),
];

// One lock for all migrators of a database: a second one waits. The number is ours alone ("lacuna" in ASCII, 48 bits).
const MIGRATION_LOCK = '119155743387233';

/**
 * Brings a database to the newest schema, as its owner, in one transaction: one migration that fails leaves the
 * version before, whole, and what runs on it goes on. A second migrator waits. `runtimeRole: null` skips the grants.
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
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'all',
    poolSize: 2,
    logging: false,
  }).initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const applied = await source.runMigrations();
    if (runtimeRole !== null) {
      // A process looks at its start whether the schema is its own.
      await source.query(`GRANT SELECT ON ${MIGRATIONS_TABLE} TO ${runtimeRole}`);
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
