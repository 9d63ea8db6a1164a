import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Pool } from 'pg';
import { describeDestruction, reactorSchema } from '@lacuna/application';
import { createCustody, createFileKms, custodySchema, type CustodyService } from '@lacuna/custody';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { Keeping } from '@lacuna/embedded-database';
import { createPostgresEventStore, eventLogSchema, type EventStore } from '@lacuna/event-store';
import { viewsSchema } from '@lacuna/projections';
import {
  ClockMismatch,
  ConfigError,
  metaSchema,
  openClock,
  removeDatabaseAccess,
  writeDatabaseAccess,
  type Config,
  type Shutdown,
  type StoreClock,
} from '@lacuna/runtime';
import { openDatabase, type OpenDatabase } from './database/open-database.js';
import { readPacks } from './packs.js';

/** What the apps of this process rest on: opened one after the other, closed in the reverse order. */
export type Instance = Readonly<{
  database: OpenDatabase;
  pool: Pool;
  clock: StoreClock;
  packs: ReadonlyMap<string, PolicyPack>;
  store: EventStore;
  custody: CustodyService;
}>;

const schemaParts = [metaSchema, eventLogSchema, custodySchema, reactorSchema, viewsSchema];

const MISMATCHES = {
  CLOCK_IS_REAL:
    'this store was born with a real clock and keeps it: unset the variable, or begin a new store with another LACUNA_HOME',
  CLOCK_IS_SIMULATED: 'this store was born with a simulated clock and keeps it',
} as const;

const clockOf = async (pool: Pool, config: Config): Promise<StoreClock> => {
  try {
    return await openClock(pool, config.clock);
  } catch (error) {
    if (!(error instanceof ClockMismatch)) throw error;
    throw new ConfigError([{ key: 'LACUNA_CLOCK', problem: MISMATCHES[error.code] }]);
  }
};

const openCustody = async (config: Config, url: string): Promise<CustodyService> => {
  mkdirSync(dirname(config.keyFile), { recursive: true, mode: 0o700 });
  const kms = createFileKms({ file: config.keyFile, backupFile: `${config.keyFile}.backup` });
  return createCustody({ connectionString: url, kms });
};

const openInstanceDatabase = async (
  config: Config,
  shutdown: Shutdown,
  keeping: Keeping,
): Promise<OpenDatabase> => {
  const database = await openDatabase(config, schemaParts, keeping);
  shutdown.add({ name: 'database', stop: () => database.stop(), limitMs: 60_000 });
  // A database that was given is no secret of ours to write down: who replays it gives it again.
  if (config.databaseUrl === null) {
    writeDatabaseAccess(config.home, { ownerUrl: database.ownerUrl });
    shutdown.add({ name: 'database address', stop: () => removeDatabaseAccess(config.home) });
  }
  return database;
};

/**
 * Opens the database, the clock, the packs, the log and custody of this home, and compares custody with the log:
 * where the log says that something was destroyed and custody still holds it, nothing is served.
 */
export const openInstance = async (
  config: Config,
  shutdown: Shutdown,
  keeping: Keeping,
): Promise<Instance> => {
  const packs = await readPacks(config.packs);
  const database = await openInstanceDatabase(config, shutdown, keeping);
  const pool = new Pool({ connectionString: database.runtimeUrl, max: 4 });
  // A connection that breaks, idle or in hand, fails its query and ends no process (A02).
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  shutdown.add({ name: 'connections', stop: () => pool.end() });
  const clock = await clockOf(pool, config);
  const store = createPostgresEventStore({ connectionString: database.runtimeUrl });
  shutdown.add({ name: 'log', stop: () => store.close() });
  const custody = await openCustody(config, database.runtimeUrl);
  shutdown.add({ name: 'custody', stop: () => custody.close() });
  await custody.compareWithLog(store, describeDestruction);
  return { database, pool, clock, packs, store, custody };
};
