import { Client } from 'pg';
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
 * Works on a database as its owner while no other migrator does: a second one waits until this one has ended, and sees
 * all that it did. For whatever a migrator changes, tables or roles.
 */
export const underMigrationLock = async <Result>(
  ownerUrl: string,
  work: (owner: Client) => Promise<Result>,
): Promise<Result> => {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await owner.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    return await work(owner);
  } finally {
    // The lock ends with its session.
    await owner.end();
  }
};

/**
 * Runs the migrations that a database lacks, in one transaction: one that fails leaves the version before, whole, and
 * what runs on it goes on. Under the lock only.
 */
export const runMigrations = async (
  ownerUrl: string,
  parts: readonly SchemaPart[],
): Promise<MigrationReport> => {
  const source = await new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: whole(parts).flatMap((part) => [...part.migrations]),
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'all',
    poolSize: 1,
    logging: false,
  }).initialize();
  try {
    return { applied: (await source.runMigrations()).map((migration) => migration.name) };
  } finally {
    await source.destroy();
  }
};

/** Gives the runtime role what it may do on these parts, and nothing else. Idempotent; under the lock only. */
export const grantTo = async (
  owner: Client,
  parts: readonly SchemaPart[],
  runtimeRole: string,
): Promise<void> => {
  // A process looks at its start whether the schema is its own.
  await owner.query(`GRANT SELECT ON ${MIGRATIONS_TABLE} TO ${runtimeRole}`);
  for (const statement of whole(parts).flatMap((part) => part.grants(runtimeRole)))
    await owner.query(statement);
};

/** Brings a database to the newest schema under the lock, for a role that is there. `null` skips the grants. */
export const migrate = (
  ownerUrl: string,
  parts: readonly SchemaPart[],
  runtimeRole: string | null,
): Promise<MigrationReport> =>
  underMigrationLock(ownerUrl, async (owner) => {
    const report = await runMigrations(ownerUrl, parts);
    if (runtimeRole !== null) await grantTo(owner, parts, runtimeRole);
    return report;
  });
