import { PerformanceObserver, constants, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { HealthRegistry } from '../health/health.js';
import type { Metrics } from './metrics.js';

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

const kindOf = (entry: object): string => {
  const { kind } = ('detail' in entry ? (entry.detail ?? {}) : {}) as { kind?: unknown };
  return typeof kind === 'number' ? (GC_KINDS[kind] ?? '') : '';
};

const QUANTILES = [
  ['0.5', 50],
  ['0.99', 99],
  ['1', 100],
] as const;

/** Event loop, memory and garbage collection of this process. Gives what ends it. */
export const observeProcess = (metrics: Metrics): (() => void) => {
  metrics.set('lacuna_started_seconds', performance.timeOrigin / 1_000);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.onScrape(() => {
    for (const [quantile, percent] of QUANTILES)
      metrics.set('lacuna_event_loop_delay_seconds', delay.percentile(percent) / 1e9, { quantile });
    delay.reset();
    const { rss, heapUsed, external } = process.memoryUsage();
    metrics.set('lacuna_memory_bytes', rss, { kind: 'resident' });
    metrics.set('lacuna_memory_bytes', heapUsed, { kind: 'heap' });
    metrics.set('lacuna_memory_bytes', external, { kind: 'external' });
  });
  const collections = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      metrics.count('lacuna_gc_seconds_total', entry.duration / 1_000, { kind: kindOf(entry) });
  });
  collections.observe({ entryTypes: ['gc'] });
  return () => {
    delay.disable();
    collections.disconnect();
  };
};

/** What the health endpoints answer, as figures: asked anew at each scrape. */
export const observeHealth = (metrics: Metrics, health: HealthRegistry): void => {
  metrics.onScrape(async () => {
    const parts = await health.report();
    const ready = parts.every(({ state }) => state === 'serving');
    metrics.set('lacuna_ready', ready ? 1 : 0);
    for (const { name, state } of parts)
      metrics.set('lacuna_part_ready', state === 'serving' ? 1 : 0, { part: name });
  });
};

type Pool = Readonly<{ totalCount: number; idleCount: number; waitingCount: number }>;

/** How busy the process's pool is: who waits there waits for the database's limits. */
export const observePool = (metrics: Metrics, pool: Pool): void => {
  metrics.onScrape(() => {
    metrics.set('lacuna_pool_connections', pool.totalCount - pool.idleCount, { state: 'busy' });
    metrics.set('lacuna_pool_connections', pool.idleCount, { state: 'idle' });
    metrics.set('lacuna_pool_connections', pool.waitingCount, { state: 'waiting' });
  });
};
