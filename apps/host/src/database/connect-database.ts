import { ConfigError, ownerUrlOf, type Config } from '@lacuna/runtime';
import { NO_ROLE, type HostDatabase } from './host-database.js';
import { keptRole } from './runtime-role.js';

const refuse = (key: string, problem: string): ConfigError => new ConfigError([{ key, problem }]);

const requireOwnerUrl = (config: Config): string => {
  const url = ownerUrlOf(config);
  if (url !== null) return url;
  throw refuse(
    'LACUNA_RUNTIME_DATABASE_URL',
    'is missing, and no database runs on LACUNA_HOME: give it, or start one with "npx lacuna database"',
  );
};

/** The kept role's address on this database; null where this home has migrated none of that name. */
const keptUrl = (ownerUrl: string, home: string): string | null => {
  const kept = keptRole(home, ownerUrl);
  if (kept === null) return null;
  const url = new URL(ownerUrl);
  if (kept.role === decodeURIComponent(url.username)) return ownerUrl;
  url.username = kept.role;
  url.password = kept.password;
  return url.href;
};

/**
 * The database as an app of its own reaches it: as the runtime role that was given, or that `lacuna migrate` has made
 * and kept on this home. An app makes no role and migrates nothing.
 */
export const connectDatabase = (config: Config): HostDatabase => {
  if (config.runtimeDatabaseUrl !== null) return { runtimeUrl: config.runtimeDatabaseUrl, warnings: [] };
  const ownerUrl = requireOwnerUrl(config);
  const runtimeUrl = keptUrl(ownerUrl, config.home);
  if (runtimeUrl === null)
    throw refuse(
      'LACUNA_RUNTIME_DATABASE_URL',
      'is missing, and LACUNA_HOME keeps no role for this database: run "npx lacuna migrate" there first',
    );
  return { runtimeUrl, warnings: runtimeUrl === ownerUrl ? [NO_ROLE] : [] };
};
