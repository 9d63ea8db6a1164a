import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeDestruction } from '@lacuna/application';
import { createCustody, createFileKms, observeCustody, type CustodyService } from '@lacuna/custody';
import { observeAppends, type EventStore } from '@lacuna/event-store';
import { followClock, type Config, type Metrics, type Shutdown } from '@lacuna/runtime';
import type { AppDefinition } from './app-definition.js';
import { assertSchema } from './database/assert-schema.js';
import type { HostDatabase } from './database/host-database.js';
import { openPool } from './database/open-pool.js';
import { schemaParts } from './database/schema-parts.js';
import { storeClock } from './database/store-clock.js';
import { assertUsable } from './database/usable.js';
import type { HostParts } from './host-parts.js';
import { assertFollowed, openLog } from './log.js';
import { readPacks } from './packs.js';

type Opened = Pick<HostParts, 'packs' | 'pool' | 'clock' | 'store' | 'logEngine' | 'custody' | 'askCustody'>;

/** The database of a process, and what its figures go to. */
type Ground = Readonly<{ database: Pick<HostDatabase, 'runtimeUrl'>; metrics: Metrics }>;

// A question that costs custody one look by key.
const NOBODY = { tenant: 'system', subject: '00000000-0000-0000-0000-000000000000' };

/** Compared with the log first: where that says that something was destroyed and custody still holds it, nothing is served. */
const openCustody = async (
  config: Config,
  url: string,
  store: EventStore,
  shutdown: Shutdown,
): Promise<CustodyService> => {
  mkdirSync(dirname(config.keyFile), { recursive: true, mode: 0o700 });
  const kms = createFileKms({ file: config.keyFile, backupFile: `${config.keyFile}.backup` });
  const custody = await createCustody({ connectionString: url, kms });
  shutdown.add({ name: 'custody', stop: () => custody.close() });
  await custody.compareWithLog(store, describeDestruction);
  return custody;
};

/** Opens the packs, the clock, the log and custody on a database, each closed at the shutdown. */
export const openParts = async (
  app: Pick<AppDefinition, 'opensCustody'>,
  config: Config,
  { database: { runtimeUrl }, metrics }: Ground,
  shutdown: Shutdown,
): Promise<Opened> => {
  const packs = await readPacks(config.packs);
  const pool = openPool(runtimeUrl);
  shutdown.add({ name: 'connections', stop: () => pool.end() });
  await assertUsable(pool);
  await assertSchema(pool, schemaParts);
  const clock = await storeClock(pool, config.clock);
  shutdown.add({ name: 'clock', stop: await followClock(runtimeUrl, clock) });
  const { store: log, engine } = await openLog(config, runtimeUrl);
  const store = observeAppends(log, metrics);
  shutdown.add({ name: 'log', stop: () => store.close() });
  await assertFollowed(pool, log, engine);
  const keys = app.opensCustody ? await openCustody(config, runtimeUrl, store, shutdown) : null;
  const custody = keys && observeCustody(keys, metrics);
  const askCustody = keys && (() => keys.status(NOBODY));
  return { packs, pool, clock, store, logEngine: engine, custody, askCustody };
};
