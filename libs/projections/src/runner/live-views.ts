import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import type { EventStore, LogBatch } from '@lacuna/event-store';
import { holdLease, inLinkedSpan, isLeaseLost, type Lease } from '@lacuna/runtime';
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

/** One thing at a time on one session. */
const inTurn = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
};

type Watched = { views: readonly ViewProgress[]; isBusy: boolean; readonly turn: ReturnType<typeof inTurn> };

/** Looks, a few times in a lease's life, whether another build is live, an old one is to be dropped, or a view was paused or resumed. */
const watch = (
  writer: BuildWriter,
  { leaseMs, projections }: LiveOptions,
  watched: Watched,
  changed: (error?: unknown) => void,
): ReturnType<typeof setInterval> => {
  const look = async (): Promise<void> => {
    await writer.guard();
    const builds = await buildsIn(writer.client, 'live', 'retired');
    const isSole = builds.length === 1 && builds[0]?.id === writer.build.id;
    const now = await progressOf(writer.client, writer.build.id, projections);
    if (!isSole || now.filter(({ state }) => runs(state)).length !== watched.views.length) changed();
  };
  let isLooking = false;
  return setInterval(() => {
    // A batch in hand proves the lease itself.
    if (watched.isBusy || isLooking) return;
    isLooking = true;
    watched
      .turn(look)
      .catch(changed)
      .finally(() => (isLooking = false));
  }, leaseMs / 3);
};

/** Follows the log with one build until the build, or the set of views that run, is another one. */
const follow = async (writer: BuildWriter, options: LiveOptions): Promise<void> => {
  const changed = new AbortController();
  const signal = AbortSignal.any([options.signal, changed.signal]);
  await markCaughtUp(writer.client, writer.build.id, await options.store.head());
  const stored = await progressOf(writer.client, writer.build.id, options.projections);
  const watched: Watched = {
    views: stored.filter(({ state }) => runs(state)),
    turn: inTurn(),
    isBusy: false,
  };
  let lost: unknown;
  const timer = watch(writer, options, watched, (error) => {
    if (isLeaseLost(error)) lost = error;
    changed.abort();
  });
  try {
    if (watched.views.length === 0) await aborted(signal);
    else await applyAll(writer, options, watched, signal);
  } catch (error) {
    if (!hasCode(error, 'CHECKPOINT_MOVED')) throw error;
  } finally {
    clearInterval(timer);
    // What was being looked at is answered before the session is used again.
    await watched.turn(() => Promise.resolve());
  }
  if (lost instanceof Error) throw lost;
};

const tracesOf = ({ events }: LogBatch) => events.map(({ metadata }) => metadata.trace);

const applyAll = async (
  writer: BuildWriter,
  { store, read }: LiveOptions,
  watched: Watched,
  signal: AbortSignal,
): Promise<void> => {
  for await (const batch of store.subscribe(lowest(watched.views), { signal })) {
    const run = { ...batch, events: batch.events.map(read) };
    watched.isBusy = true;
    const left = await watched.turn(() =>
      inLinkedSpan('project', tracesOf(batch), () => applyRun(writer, watched.views, run)),
    );
    watched.isBusy = false;
    const isFewer = left.length < watched.views.length;
    watched.views = left;
    if (isFewer || signal.aborted) return;
  }
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
    const guard = (): Promise<void> => holdLease(client, lease);
    const writer: BuildWriter = { client, build, guard, signal: options.signal };
    if (isFirst) {
      await reviveFailed(client, build.id);
      await retryParked(writer, await progressOf(client, build.id, options.projections), options);
      isFirst = false;
    }
    await follow(writer, options);
  }
};
