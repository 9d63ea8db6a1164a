import type { ClosableEventStore } from '../event-store.port.js';
import type { EventStoreDbStoreOptions } from './eventstoredb-options.js';

/**
 * Opens the log on EventStoreDB, and looks whether it would forget (`STORE_WOULD_FORGET`) before it is given out.
 * `CONFIG_INVALID`: the connection string cannot be read. The client is loaded only here.
 */
export const openEventStoreDbStore = async (
  options: EventStoreDbStoreOptions,
): Promise<ClosableEventStore> => {
  const { createEventStoreDbStore } = await import('./eventstoredb-event-store.js');
  const store = createEventStoreDbStore(options);
  try {
    await store.head();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
};
