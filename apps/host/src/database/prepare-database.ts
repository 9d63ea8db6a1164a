import { Client, Pool } from 'pg';
import { ConfigError, migrate, type Config, type SchemaPart } from '@lacuna/runtime';
import { NO_ROLE, type HostDatabase } from './host-database.js';
import { ensureRuntimeRole, keepOwner } from './runtime-role.js';
import { storeClock } from './store-clock.js';
import { assertUsable } from './usable.js';

/** A database that was brought to the newest schema, and as whom the product runs on it. */
export type PreparedDatabase = HostDatabase &
  Readonly<{
    /** Migrations of this time. */
    applied: readonly string[];
  }>;

type Roles = Readonly<{ runtimeUrl: string; grantee: string | null; warnings: readonly string[] }>;

const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

export const withOwner = async <Result>(
  url: string,
  work: (owner: Client) => Promise<Result>,
): Promise<Result> => {
  const owner = new Client({ connectionString: url });
  // A cut connection fails its query; without a listener it would end the process.
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
};

const givenRole = (given: string, ownerUrl: string): Roles => {
  const role = decodeURIComponent(new URL(given).username);
  if (!PLAIN_NAME.test(role))
    throw new ConfigError([
      {
        key: 'LACUNA_RUNTIME_DATABASE_URL',
        problem: 'the role needs a plain name (letters, digits and _)',
      },
    ]);
  const isOwner = role === decodeURIComponent(new URL(ownerUrl).username);
  return { runtimeUrl: given, grantee: isOwner ? null : role, warnings: isOwner ? [NO_ROLE] : [] };
};

const rolesOf = async (owner: Client, ownerUrl: string, config: Config): Promise<Roles> => {
  if (config.runtimeDatabaseUrl !== null) return givenRole(config.runtimeDatabaseUrl, ownerUrl);
  const made = await ensureRuntimeRole(owner, ownerUrl, config.home);
  if (made) return { runtimeUrl: made.url, grantee: made.role, warnings: [] };
  keepOwner(ownerUrl, config.home);
  return { runtimeUrl: ownerUrl, grantee: null, warnings: [NO_ROLE] };
};

// A store's clock is its own from birth, whichever of the apps comes first.
const bearClock = async (ownerUrl: string, config: Config): Promise<void> => {
  const pool = new Pool({ connectionString: ownerUrl, max: 1 });
  try {
    await storeClock(pool, config.clock);
  } finally {
    await pool.end();
  }
};

/**
 * Brings a database to the newest schema as its owner, and makes the role that the product runs as. A second one that
 * does the same waits; one that fails leaves the schema as it was.
 */
export const prepareDatabase = async (
  ownerUrl: string,
  config: Config,
  parts: readonly SchemaPart[],
): Promise<PreparedDatabase> => {
  const { grantee, ...roles } = await withOwner(ownerUrl, async (owner) => {
    await assertUsable(owner);
    return rolesOf(owner, ownerUrl, config);
  });
  const { applied } = await migrate(ownerUrl, parts, grantee);
  await bearClock(ownerUrl, config);
  return { ...roles, applied };
};
