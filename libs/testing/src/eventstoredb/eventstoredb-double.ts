import type { EventStoreDbDouble, EventStoreDbDoubleOptions } from './double-options.js';

export type { EventStoreDbDouble, EventStoreDbDoubleOptions };

/** Starts a double that listens on the loopback. What it holds in memory is gone with it, unless it has a file. */
export const startEventStoreDbDouble = async (
  options: EventStoreDbDoubleOptions = {},
): Promise<EventStoreDbDouble> => {
  // Loaded when it is asked for: most specs need neither the client nor its stubs.
  const { startDoubleServer } = await import('./double-server.js');
  return startDoubleServer(options);
};
