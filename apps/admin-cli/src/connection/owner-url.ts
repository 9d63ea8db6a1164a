import { readDatabaseAccess, type Config } from '@lacuna/runtime';
import { CliError } from '../output/cli-error.js';

/** The database as its owner, for what goes past the servers: the one given, or the one that runs on this home. */
export const ownerUrlOf = (config: Config): string => {
  const url = config.databaseUrl ?? readDatabaseAccess(config.home)?.ownerUrl;
  if (url !== undefined) return url;
  throw new CliError(
    2,
    'no database is running here: start one with "npm start" or "npx lacuna database", or give DATABASE_URL',
  );
};
