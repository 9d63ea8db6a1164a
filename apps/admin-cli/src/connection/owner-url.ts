import { ownerUrlOf, type Config } from '@lacuna/runtime';
import { CliError } from '../output/cli-error.js';

/** The database as its owner, for what goes past the servers; where there is none, what to do about it. */
export const requireOwnerUrl = (config: Config): string => {
  const url = ownerUrlOf(config);
  if (url !== null) return url;
  throw new CliError(
    2,
    'no database is running here: start one with "npm start" or "npx lacuna database", or give DATABASE_URL',
  );
};
