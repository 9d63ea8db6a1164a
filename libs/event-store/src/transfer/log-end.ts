import { LacunaError } from '@lacuna/domain/kernel';
import { openEventStoreDbStore } from '../eventstoredb/open-eventstoredb-store.js';
import { createPostgresEventStore } from '../postgres/postgres-event-store.js';
import type { LogEnd } from './log-loader.js';
import { openPostgresLoader } from './postgres-loader.js';

const postgresEnd = (url: string): LogEnd => {
  const store = createPostgresEventStore({ connectionString: url });
  return {
    engine: 'postgres',
    store,
    openLoader: () => openPostgresLoader(url),
    close: () => store.close(),
  };
};

const eventStoreDbEnd = async (connectionString: string): Promise<LogEnd> => {
  const store = await openEventStoreDbStore({ connectionString });
  return {
    engine: 'eventstoredb',
    store,
    openLoader: async () => {
      const { openEventStoreDbLoader } = await import('../eventstoredb/eventstoredb-loader.js');
      return openEventStoreDbLoader(connectionString);
    },
    close: () => store.close(),
  };
};

/** Opens a log by its URL, `postgres://` or `esdb://`; the URL is a secret and in no error. */
export const openLogEnd = (url: string): Promise<LogEnd> => {
  if (/^postgres(ql)?:\/\//.test(url)) return Promise.resolve(postgresEnd(url));
  if (/^esdb(\+discover)?:\/\//.test(url)) return eventStoreDbEnd(url);
  return Promise.reject(
    new LacunaError('CONFIG_INVALID', 'a log is named by postgres://, esdb:// or esdb+discover://'),
  );
};
