import type { Pool } from 'pg';
import type { EventStore } from '@lacuna/event-store';
import {
  PROCESSOR_STATES,
  VIEW_STATES,
  processors,
  type MetricName,
  type Metrics,
  type StoreClock,
} from '@lacuna/runtime';

import type { PolicyPack } from '@lacuna/domain/policy';
import { overdueDeadlines } from './overdue-deadlines.js';

/** What the figures of a store are read from; any process of it says the same. */
export type FigureSources = Readonly<{
  pool: Pool;
  store: Pick<EventStore, 'head' | 'readStream'>;
  clock: StoreClock;
  packs: ReadonlyMap<string, PolicyPack>;
}>;

type Reading = Readonly<{ names: readonly MetricName[]; read: () => Promise<void> }>;

const CHECKPOINTS = `
  SELECT c.view, c.state, c.position,
    (SELECT count(*) FROM views.parked_stream p WHERE p.build = c.build AND p.view = c.view)::int AS parked
  FROM views.checkpoint c JOIN views.build b ON b.id = c.build AND b.state = 'live'`;

type Checkpoint = Readonly<{ view: string; state: string; position: string; parked: number }>;

const oneHot = (states: readonly string[], state: string): readonly (readonly [string, number])[] =>
  states.map((one) => [one, one === state ? 1 : 0]);

const views = (metrics: Metrics, { pool, store }: FigureSources): Reading => ({
  names: ['lacuna_view_position', 'lacuna_view_lag', 'lacuna_view_state', 'lacuna_view_parked_streams'],
  read: async () => {
    const head = await store.head();
    metrics.setPlace('lacuna_log_head', head);
    const { rows } = await pool.query<Checkpoint>(CHECKPOINTS);
    for (const { view, state, position, parked } of rows) {
      metrics.setPlace('lacuna_view_position', BigInt(position), { view });
      metrics.setLag('lacuna_view_lag', head, BigInt(position), { view });
      metrics.set('lacuna_view_parked_streams', parked, { view });
      for (const [one, value] of oneHot(VIEW_STATES, state))
        metrics.set('lacuna_view_state', value, { view, state: one });
    }
  },
});

const consumers = (metrics: Metrics, { pool, store }: FigureSources): Reading => ({
  names: [
    'lacuna_processor_state',
    'lacuna_processor_failing',
    'lacuna_processor_age_seconds',
    'lacuna_relay_position',
    'lacuna_relay_lag',
  ],
  read: async () => {
    const head = await store.head();
    for (const { name: processor, state, failures, position, silentMs } of await processors(pool)) {
      for (const [one, value] of oneHot(PROCESSOR_STATES, state))
        metrics.set('lacuna_processor_state', value, { processor, state: one });
      metrics.set('lacuna_processor_failing', failures.length, { processor });
      metrics.set('lacuna_processor_age_seconds', silentMs / 1_000, { processor });
      if (processor !== 'relay' || position === null) continue;
      metrics.setPlace('lacuna_relay_position', position);
      metrics.setLag('lacuna_relay_lag', head, position);
    }
  },
});

const LEASES = `SELECT name, epoch, until >= clock_timestamp() AS held FROM meta.lease`;

const leases = (metrics: Metrics, { pool }: FigureSources): Reading => ({
  names: ['lacuna_lease_held', 'lacuna_lease_epoch'],
  read: async () => {
    const { rows } = await pool.query<Readonly<{ name: string; epoch: string; held: boolean }>>(LEASES);
    for (const { name: lease, epoch, held } of rows) {
      metrics.set('lacuna_lease_held', held ? 1 : 0, { lease });
      metrics.set('lacuna_lease_epoch', Number(epoch), { lease });
    }
  },
});

const UPKEEP = 'system.custody-keys';
const NIGHTS_PAGE = 50;

/** When the last nightly run was completed, by the business clock; since the store's birth where none has been. */
const lastNight = async ({ store, clock }: FigureSources): Promise<string> => {
  const { events } = await store.readStream(UPKEEP, { direction: 'backward', limit: NIGHTS_PAGE });
  const night = events.find(({ type }) => type === 'NightlyRunCompleted');
  return night?.metadata.occurredAt ?? clock.bornAt;
};

const nights = (metrics: Metrics, sources: FigureSources): Reading => ({
  names: ['lacuna_night_age_seconds'],
  read: async () => {
    const ms = Date.parse(sources.clock.now()) - Date.parse(await lastNight(sources));
    metrics.set('lacuna_night_age_seconds', Math.max(0, ms) / 1_000);
  },
});

const deadlines = (metrics: Metrics, sources: FigureSources): Reading => ({
  names: ['lacuna_deadlines_open', 'lacuna_deadlines_overdue'],
  read: async () => {
    for (const { kind, open, overdue } of await overdueDeadlines(sources)) {
      metrics.set('lacuna_deadlines_open', open, { kind });
      metrics.set('lacuna_deadlines_overdue', overdue, { kind });
    }
  },
});

const disk = (metrics: Metrics, { pool }: FigureSources): Reading => ({
  names: ['lacuna_database_bytes'],
  read: async () => {
    const { rows } = await pool.query<Readonly<{ bytes: string }>>(
      'SELECT pg_database_size(current_database()) AS bytes',
    );
    metrics.set('lacuna_database_bytes', Number(rows[0]?.bytes ?? 0));
  },
});

/** Several who scrape at once, or often, ask the database no more than this. */
const FRESH_MS = 5_000;
const LIMIT_MS = 3_000;

const within = (work: Promise<void>): Promise<void> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('too late for this scrape')), LIMIT_MS);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/**
 * Reads a figure, or says that it could not be read: what is no longer known is not repeated. One that has not ended
 * is waited for, not begun again: at a database that stands still they would pile up (A11).
 */
const reader = (metrics: Metrics, { names, read }: Reading): (() => Promise<void>) => {
  let underWay: Promise<void> | null = null;
  return async () => {
    try {
      metrics.forget(...names);
      underWay ??= read().finally(() => (underWay = null));
      await within(underWay);
    } catch {
      metrics.forget(...names);
      metrics.count('lacuna_figures_failed_total', 1);
    }
  };
};

/** The figures of the store, read from the database when they are scraped. */
export const observeStore = (metrics: Metrics, sources: FigureSources): void => {
  const makes = [views, consumers, leases, nights, deadlines, disk];
  const readers = makes.map((make) => reader(metrics, make(metrics, sources)));
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<unknown> = Promise.resolve();
  metrics.onScrape(async () => {
    if (performance.now() - readAt > FRESH_MS) {
      readAt = performance.now();
      reading = Promise.all(readers.map((read) => read()));
    }
    await reading;
  });
};
