import { Client, Pool } from 'pg';
import {
  ConfigError,
  grantTo,
  runMigrations,
  underMigrationLock,
  type Config,
  type SchemaPart,
} from '@lacuna/runtime';
import { NO_ROLE, type HostDatabase } from './host-database.js';
import { ensureRuntimeRole, keepOwner } from './runtime-role.js';
import { storeClock } from './store-clock.js';
import { assertUsable } from './usable.js';

/** A database that was brought to the newest schema, and as whom the product runs on it. */
export type PreparedDatabase = HostDatabase &
  Readonly<{
    /** Migrations of this time. */
    applied: readonly string[];
    /**
     * The runtime role was there with a password that this home does not keep, and was given a new one: where another
     * home keeps the old one, its apps no longer get in.
     */
    tookRoleOver: boolean;
  }>;

type Roles = Omit<PreparedDatabase, 'applied'> & Readonly<{ grantee: string | null }>;

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
  return {
    runtimeUrl: given,
    grantee: isOwner ? null : role,
    warnings: isOwner ? [NO_ROLE] : [],
    tookRoleOver: false,
  };
};

const ownRole = async (owner: Client, ownerUrl: string, home: string): Promise<Roles> => {
  const made = await ensureRuntimeRole(owner, ownerUrl, home);
  if (made) return { ...made, grantee: made.role, warnings: [] };
  keepOwner(ownerUrl, home);
  return { runtimeUrl: ownerUrl, grantee: null, warnings: [NO_ROLE], tookRoleOver: false };
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
 * Brings a database to the newest schema as its owner, and makes the role that the product runs as, both under one
 * lock: a second one that does the same waits. One that fails leaves schema and role as they were, and what runs on
 * them goes on.
 */
export const prepareDatabase = async (
  ownerUrl: string,
  config: Config,
  parts: readonly SchemaPart[],
): Promise<PreparedDatabase> => {
  const given = config.runtimeDatabaseUrl === null ? null : givenRole(config.runtimeDatabaseUrl, ownerUrl);
  await withOwner(ownerUrl, assertUsable);
  return underMigrationLock(ownerUrl, async (owner) => {
    const { applied } = await runMigrations(ownerUrl, parts);
    const { grantee, ...roles } = given ?? (await ownRole(owner, ownerUrl, config.home));
    if (grantee !== null) await grantTo(owner, parts, grantee);
    await bearClock(ownerUrl, config);
    return { ...roles, applied };
  });
};
