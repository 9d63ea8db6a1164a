import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import type { EventStore } from '@lacuna/event-store';
import type { Client } from 'pg';
import { applyRun, type BuildWriter } from '../build/apply.store.js';
import {
  buildsIn,
  markCaughtUp,
  progressOf,
  reviveFailed,
  versionsOf,
  type Build,
} from '../build/build.store.js';
import { holdLease, type Lease } from '../build/lease.store.js';
import type { Projection, ViewProgress } from '../engine/index.js';
import { lowest, retryParked } from './fill.js';
import { dropRetired, rebuildViews, type RebuildOptions } from './rebuild.js';

export type LiveOptions = RebuildOptions & Readonly<{ store: EventStore; signal: AbortSignal }>;

const isNewer = (live: Build, projections: readonly Projection[]): boolean =>
  live.versions.split(' ').some((text) => {
    const [name, version] = text.split('@');
    return projections.some((one) => one.name === name && one.version < Number(version));
  });

/** The live build, made first where there is none, or one of older versions. Newer ones are left to newer code. */
const liveBuild = async (client: Client, options: LiveOptions): Promise<Build> => {
  const [live] = await buildsIn(client, 'live');
  if (live?.versions === versionsOf(options.projections)) return live;
  if (live && isNewer(live, options.projections))
    throw new LacunaError('VIEW_VERSION_NEWER', 'the live views were built by newer code');
  await rebuildViews(options);
  const [made] = await buildsIn(client, 'live');
  if (!made) throw new LacunaError('VIEW_FAILED', 'no live views after a rebuild');
  return made;
};

const runs = (state: string): boolean => state === 'booting' || state === 'live';

/** Calls back when another build is live, an old one is still to be dropped, or a view was paused or resumed. */
const watch = (
  writer: BuildWriter,
  { leaseMs, projections }: LiveOptions,
  changed: (error?: unknown) => void,
): { set busy(value: boolean); views: readonly ViewProgress[]; stop(): void } => {
  const self = { busy: false, views: [] as readonly ViewProgress[], stop: () => clearInterval(timer) };
  const look = async (): Promise<void> => {
    await writer.guard();
    const builds = await buildsIn(writer.client, 'live', 'retired');
    const isSole = builds.length === 1 && builds[0]?.id === writer.build.id;
    const now = await progressOf(writer.client, writer.build.id, projections);
    const running = now.filter(({ state }) => runs(state)).length;
    if (!isSole || running !== self.views.length) changed();
  };
  const timer = setInterval(() => {
    // A batch in hand proves the lease itself.
    if (!self.busy) look().catch(changed);
  }, leaseMs / 3);
  return self;
};

/** Follows the log with one build until the build, or the set of views that run, is another one. */
const follow = async (writer: BuildWriter, options: LiveOptions, signal: AbortSignal): Promise<void> => {
  const turn = new AbortController();
  let lost: unknown;
  const watcher = watch(writer, options, (error) => {
    if (hasCode(error, 'LEASE_LOST')) lost = error;
    turn.abort();
  });
  try {
    await markCaughtUp(writer.client, writer.build.id, await options.store.head());
    const stored = await progressOf(writer.client, writer.build.id, options.projections);
    watcher.views = stored.filter(({ state }) => runs(state));
    if (watcher.views.length === 0) await aborted(AbortSignal.any([signal, turn.signal]));
    const log = options.store.subscribe(lowest(watcher.views), {
      signal: AbortSignal.any([signal, turn.signal]),
    });
    for await (const batch of watcher.views.length > 0 ? log : []) {
      watcher.busy = true;
      const count = watcher.views.length;
      const run = { ...batch, events: batch.events.map(options.read) };
      watcher.views = await applyRun(writer, watcher.views, run);
      watcher.busy = false;
      if (watcher.views.length < count || turn.signal.aborted) break;
    }
  } catch (error) {
    if (!hasCode(error, 'CHECKPOINT_MOVED')) throw error;
  } finally {
    watcher.stop();
  }
  if (lost instanceof Error) throw lost;
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Keeps the live views up to the log for as long as the lease stands. Failed views and parked streams get a new try at the start. */
export const keepLive = async (client: Client, lease: Lease, options: LiveOptions): Promise<void> => {
  let isFirst = true;
  while (!options.signal.aborted) {
    const build = await liveBuild(client, options);
    await dropRetired(client);
    const writer: BuildWriter = { client, build, guard: () => holdLease(client, lease) };
    if (isFirst) {
      await reviveFailed(client, build.id);
      await retryParked(writer, await progressOf(client, build.id, options.projections), options);
      isFirst = false;
    }
    await follow(writer, options, options.signal);
  }
};
