import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import {
  createPostgresEventStore,
  openEventStoreDbStore,
  type ClosableEventStore,
  type RecordedEvent,
} from '@lacuna/event-store';
import { startDouble, stopDouble } from './double-process.js';

/**
 * On which engine the suite keeps the log. `double`: an EventStoreDB that is a double of ours, as a process of its
 * own with its log in the home. `eventstoredb`: the server that EVENTSTOREDB_URL names, which must be a new one.
 */
export type Engine = 'postgres' | 'double' | 'eventstoredb';

const asked = process.env['LACUNA_TEST_LOG'] ?? '';
export const engine: Engine = asked === 'double' || asked === 'eventstoredb' ? asked : 'postgres';

type Log = Readonly<{ url: string; child: ChildProcess | null }>;
const logs = new Map<string, Log>();

/** Has the log of a home ready, where it is not in the database. */
export const ensureLog = async (home: string): Promise<void> => {
  if (engine === 'postgres' || logs.has(home)) return;
  const log =
    engine === 'double'
      ? await startDouble(join(home, 'eventstore.log'))
      : { url: process.env['EVENTSTOREDB_URL'] ?? '', child: null };
  logs.set(home, log);
};

/** What a process on this home is told of its log. */
export const logVariables = (home: string): Readonly<Record<string, string>> => {
  const url = logs.get(home)?.url;
  return url === undefined ? {} : { LACUNA_LOG_URL: url };
};

/** Where the log of a home is, if it is not in its database. */
export const logUrl = (home: string): string | null => logs.get(home)?.url ?? null;

/** Ends the double of a home. */
export const stopLog = async (home: string): Promise<void> => {
  const child = logs.get(home)?.child ?? null;
  logs.delete(home);
  if (child !== null) await stopDouble({ child });
};

const openLog = (home: string, ownerUrl: string): Promise<ClosableEventStore> => {
  const url = logs.get(home)?.url;
  return url === undefined
    ? Promise.resolve(createPostgresEventStore({ connectionString: ownerUrl }))
    : openEventStoreDbStore({ connectionString: url });
};

/** The events of a home's log, read past the product. */
export const readLog = async (home: string, ownerUrl: string): Promise<readonly RecordedEvent[]> => {
  const store = await openLog(home, ownerUrl);
  const events: RecordedEvent[] = [];
  try {
    for await (const batch of store.readAll(0n)) events.push(...batch.events);
    return events;
  } finally {
    await store.close();
  }
};
