import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedDatabase, type Keeping } from '@lacuna/embedded-database';
import { migrate, type Config, type SchemaPart } from '@lacuna/runtime';
import { ensureRuntimeRole } from './runtime-role.js';

/** The database of this instance, migrated. */
export type OpenDatabase = Readonly<{
  ownerUrl: string;
  /** What the product runs with; the owner's where no role could be made. */
  runtimeUrl: string;
  /** What an operator must know, shown at the start and in `status`. */
  warnings: readonly string[];
  /** Where the embedded data really lies, if not in the home: the database's user could not reach it there. */
  movedTo: string | null;
  /** Migrations of this start. */
  applied: readonly string[];
  stop(): Promise<void>;
}>;

const EMBEDDED_DATABASE = 'lacuna';
const OLDEST = 150_000;
const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const NO_ROLE =
  'the product runs as the owner of the database, which may not create roles: nothing but the code keeps the log from being changed. Let it create roles, or give LACUNA_RUNTIME_DATABASE_URL.';

const withOwner = async <Result>(url: string, work: (owner: Client) => Promise<Result>): Promise<Result> => {
  const owner = new Client({ connectionString: url });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
};

const ensureEmbeddedDatabase = (serverUrl: string): Promise<string> =>
  withOwner(serverUrl, async (owner) => {
    const found = await owner.query('SELECT 1 FROM pg_database WHERE datname = $1', [EMBEDDED_DATABASE]);
    if (found.rowCount === 0) await owner.query(`CREATE DATABASE ${EMBEDDED_DATABASE}`);
    const url = new URL(serverUrl);
    url.pathname = `/${EMBEDDED_DATABASE}`;
    return url.href;
  });

type Facts = Readonly<{ version: number; standby: boolean; encoding: string; writes: boolean }>;

// B13: on a standby reads would be of the past and writes impossible; better to say so than to find out.
const assertUsable = async (owner: Client): Promise<void> => {
  const { rows } = await owner.query<Facts>(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
            current_setting('server_encoding') AS encoding, current_setting('fsync') = 'on' AS writes`,
  );
  const [facts] = rows;
  if (!facts || facts.version < OLDEST) throw new Error('the database must be PostgreSQL 15 or later');
  if (facts.standby) throw new Error('the database is a standby: give the address of the primary');
  if (facts.encoding !== 'UTF8') throw new Error('the database must be encoded in UTF8');
  if (!facts.writes) throw new Error('the database runs with fsync off: what it acknowledges can be lost');
};

type Roles = Readonly<{ runtimeUrl: string; grantee: string | null; warnings: readonly string[] }>;

const rolesOf = async (owner: Client, ownerUrl: string, config: Config): Promise<Roles> => {
  const given = config.runtimeDatabaseUrl;
  if (given !== null) {
    const role = decodeURIComponent(new URL(given).username);
    if (!PLAIN_NAME.test(role))
      throw new Error('LACUNA_RUNTIME_DATABASE_URL: the role needs a plain name (letters, digits and _)');
    const isOwner = role === decodeURIComponent(new URL(ownerUrl).username);
    return { runtimeUrl: given, grantee: isOwner ? null : role, warnings: isOwner ? [NO_ROLE] : [] };
  }
  const made = await ensureRuntimeRole(owner, ownerUrl, config.home);
  return made
    ? { runtimeUrl: made.url, grantee: made.role, warnings: [] }
    : { runtimeUrl: ownerUrl, grantee: null, warnings: [NO_ROLE] };
};

const prepare = async (
  ownerUrl: string,
  config: Config,
  parts: readonly SchemaPart[],
): Promise<Omit<OpenDatabase, 'stop' | 'movedTo'>> => {
  const { grantee, ...roles } = await withOwner(ownerUrl, async (owner) => {
    await assertUsable(owner);
    return rolesOf(owner, ownerUrl, config);
  });
  const { applied } = await migrate(ownerUrl, parts, grantee);
  return { ownerUrl, ...roles, applied };
};

/**
 * Opens the database that the configuration names, or the embedded one, and brings it to the newest schema. When it
 * rejects, nothing is left running. `keeping`: the embedded one is started again should it end by itself.
 */
export const openDatabase = async (
  config: Config,
  parts: readonly SchemaPart[],
  keeping?: Keeping,
): Promise<OpenDatabase> => {
  if (config.databaseUrl !== null)
    return {
      ...(await prepare(config.databaseUrl, config, parts)),
      movedTo: null,
      stop: () => Promise.resolve(),
    };
  const folder = join(config.home, 'postgres');
  const embedded = await startEmbeddedDatabase({
    folder,
    settings: { max_connections: '100' },
    ...(keeping && { keeping }),
  });
  try {
    const ownerUrl = await ensureEmbeddedDatabase(embedded.url);
    const movedTo = lstatSync(folder).isSymbolicLink() ? embedded.folder : null;
    return { ...(await prepare(ownerUrl, config, parts)), movedTo, stop: () => embedded.stop() };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
};
