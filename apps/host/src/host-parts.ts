import type { Pool } from 'pg';
import type { CustodyService } from '@lacuna/custody';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { EventStore } from '@lacuna/event-store';
import type { Config, HealthRegistry, Logger, Metrics, StoreClock } from '@lacuna/runtime';
import type { Authentication } from './auth.js';
import type { HostDatabase } from './database/host-database.js';
import type { LogEngine } from './log.js';

/** What an app of its own rests on: opened one after the other, closed in the reverse order. */
export type HostParts = Readonly<{
  config: Config;
  /** Who this process is to the others: an app, a host and a process id. */
  holder: string;
  version: string;
  logger: Logger;
  health: HealthRegistry;
  metrics: Metrics;
  authentication: Authentication;
  database: HostDatabase;
  pool: Pool;
  clock: StoreClock;
  packs: ReadonlyMap<string, PolicyPack>;
  store: EventStore;
  /** Whether the log is in the database of the views, where it can be counted. */
  logEngine: LogEngine;
  /** null: this app may not reach keys. */
  custody: CustodyService | null;
  /** Has custody answer about nobody. It is in no figure: a probe that moved them would let out what they hold back. */
  askCustody: (() => Promise<unknown>) | null;
}>;
