import type { Pool } from 'pg';
import { hasCode } from '@lacuna/domain/kernel';
import {
  assertSameLog,
  createPostgresEventStore,
  openEventStoreDbStore,
  readLogIdentity,
  type ClosableEventStore,
  type EventStore,
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

const compare = async (pool: Pool, store: EventStore, engine: LogEngine): Promise<boolean> => {
  const identity = await readLogIdentity(store, engine);
  try {
    await assertSameLog(pool, identity);
    return true;
  } catch (error) {
    // It was empty when it was looked at, and another process has met its first event since: look again.
    if (!hasCode(error, 'LOG_CHANGED') || identity.first !== null) throw error;
    return false;
  }
};

/** Positions of one log are other places in another: a process that was given another one than the database follows ends with exit 3. */
export const assertFollowed = async (pool: Pool, store: EventStore, engine: LogEngine): Promise<void> => {
  try {
    if (await compare(pool, store, engine)) return;
    await assertSameLog(pool, await readLogIdentity(store, engine));
  } catch (error) {
    if (!hasCode(error, 'LOG_CHANGED')) throw error;
    throw new ConfigError([
      {
        key: 'LACUNA_LOG_URL',
        problem:
          'this database follows another log: name that one, or run "npx lacuna adopt-log" to follow this one from its beginning',
      },
    ]);
  }
};
