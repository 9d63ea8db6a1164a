import { hasCode } from '@lacuna/domain/kernel';
import {
  createPostgresEventStore,
  openEventStoreDbStore,
  type ClosableEventStore,
} from '@lacuna/event-store';
import { ConfigError, type Config } from '@lacuna/runtime';

export type LogEngine = 'postgres' | 'eventstoredb';

/** The log, on the engine that the configuration names. */
export type OpenLog = Readonly<{ store: ClosableEventStore; engine: LogEngine }>;

const openElsewhere = async (connectionString: string): Promise<ClosableEventStore> => {
  try {
    return await openEventStoreDbStore({ connectionString });
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    throw new ConfigError([
      { key: 'LACUNA_LOG_URL', problem: 'cannot be read as an address of EventStoreDB' },
    ]);
  }
};

/** Opens the log: on EventStoreDB where one is named, else in the database. */
export const openLog = async ({ logUrl }: Pick<Config, 'logUrl'>, databaseUrl: string): Promise<OpenLog> =>
  logUrl === null
    ? { store: createPostgresEventStore({ connectionString: databaseUrl }), engine: 'postgres' }
    : { store: await openElsewhere(logUrl), engine: 'eventstoredb' };
