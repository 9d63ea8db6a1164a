import type { Config } from '@lacuna/runtime';
import {
  prepareDatabase,
  schemaParts,
  type HostProcess,
  type PreparedDatabase,
} from '../../../host/src/index.js';
import { openEmbedded } from './open-embedded.js';

/** The database of this instance, migrated. */
export type OpenDatabase = PreparedDatabase &
  Readonly<{
    /** Where the embedded data really lies, if not in the home: the database's user could not reach it there. */
    movedTo: string | null;
  }>;

/** Opens the database that the configuration names, or the embedded one, and brings it to the newest schema. */
export const openDatabase = async (config: Config, process: HostProcess): Promise<OpenDatabase> => {
  if (config.databaseUrl !== null)
    return { ...(await prepareDatabase(config.databaseUrl, config, schemaParts)), movedTo: null };
  const { ownerUrl, movedTo } = await openEmbedded(config.home, process);
  return { ...(await prepareDatabase(ownerUrl, config, schemaParts)), movedTo };
};
