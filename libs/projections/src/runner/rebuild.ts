import { setTimeout as pause } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';
import { giveLease, holdLease, takeLease, type Lease } from '@lacuna/runtime';
import type { Client } from 'pg';
import { writeRun, type BuildWriter } from '../build/apply.store.js';
import {
  buildsIn,
  createBuild,
  dropAbandonedReplays,
  dropBuild,
  finishIndexes,
  makeLive,
  markCaughtUp,
  progressOf,
  versionsOf,
  type Build,
} from '../build/build.store.js';
import { boundStalls, inTransaction, isLockTrouble, type Connect } from '../build/session.store.js';
import type { Projection, ViewProgress } from '../engine/index.js';
import { fill, lowest, type LogSource } from './fill.js';

export type RebuildOptions = LogSource &
  Readonly<{
    connect: Connect;
    projections: readonly Projection[];
    holder: string;
    leaseMs: number;
    signal?: AbortSignal;
  }>;

/** The lease of whoever fills a build beside the live one. */
const REBUILD_LEASE = 'rebuild';

// Renewed by every run; an index may take longer than a run. A killed rebuild frees it at once, its session being gone.
const REBUILD_LEASE_MS = 600_000;

export type RebuildReport = Readonly<{ build: number; position: bigint; resumed: boolean }>;

/** The build that a rebuild before this one left unfinished, where it is of these versions; others are dropped. */
const takeUp = async (
  client: Client,
  projections: readonly Projection[],
): Promise<{ build: Build; resumed: boolean }> => {
  const left = await buildsIn(client, 'building');
  const same = left.find(({ versions }) => versions === versionsOf(projections));
  for (const build of left.filter((one) => one !== same)) await dropBuild(client, build);
  return same
    ? { build: same, resumed: true }
    : { build: await createBuild(client, 'building', projections), resumed: false };
};

const catchUp = async (writer: BuildWriter, options: RebuildOptions): Promise<void> => {
  const { projections, store, signal } = options;
  for (let rounds = 0; rounds < 20; rounds++) {
    const views = await progressOf(writer.client, writer.build.id, projections);
    const failed = views.find(({ state }) => state === 'failed');
    if (failed) throw new LacunaError('VIEW_FAILED', `${failed.projection.name} cannot read the log`);
    const head = await store.head();
    if (lowest(views) >= head || signal?.aborted) return;
    await fill(writer, views, options, head);
  }
};

const lastRuns = async (
  writer: BuildWriter,
  { store, read }: LogSource,
  views: readonly ViewProgress[],
  upTo: bigint,
): Promise<void> => {
  const after = lowest(views);
  if (after >= upTo) return;
  let current = views;
  for await (const batch of store.readAll(after, { upTo }))
    current = await writeRun(writer, current, {
      events: batch.events.map(read),
      position: batch.position,
      caughtUp: false,
    });
  if (current.length < views.length)
    throw new LacunaError('VIEW_FAILED', 'a view of the new build cannot read the log');
};

/**
 * Switches in one transaction: the live views stand still (their leases are locked), the new build gets what they
 * have beyond it, the stable names change. Readers saw the old one, and see the new one, which is nowhere behind it.
 */
const switchTo = (writer: BuildWriter, build: Build, options: RebuildOptions): Promise<bigint> =>
  inTransaction(writer.client, async () => {
    const { client } = writer;
    const { projections } = options;
    await writer.guard();
    await client.query('SELECT FROM meta.lease WHERE name = ANY ($1) ORDER BY name FOR UPDATE', [
      projections.map(({ name }) => name),
    ]);
    const views = await progressOf(client, build.id, projections);
    const { rows } = await client.query<{ reached: string }>(
      `SELECT coalesce(max(c.position), 0) AS reached
       FROM views.checkpoint c JOIN views.build b ON b.id = c.build WHERE b.state = 'live'`,
    );
    const reached = BigInt(rows[0]?.reached ?? 0);
    await lastRuns(writer, options, views, reached);
    await makeLive(client, build, projections);
    const position = lowest(views);
    const came = reached > position ? reached : position;
    await markCaughtUp(client, build.id, came);
    return came;
  });

const SWITCH_TRIES = 30;

/** A long read of the old views makes the switch wait; between two tries everybody else goes on. */
const switchWhenFree = async (
  writer: BuildWriter,
  build: Build,
  options: RebuildOptions,
): Promise<bigint> => {
  for (let tries = 1; ; tries++) {
    try {
      return await switchTo(writer, build, options);
    } catch (error) {
      if (!isLockTrouble(error) || tries === SWITCH_TRIES) throw error;
      await pause(50 * tries);
    }
  }
};

/** Drops what was retired, and what a killed replay left. What somebody still reads is left to the next call. */
export const dropRetired = async (client: Client): Promise<void> => {
  try {
    for (const build of await buildsIn(client, 'retired')) await dropBuild(client, build);
    await dropAbandonedReplays(client);
  } catch (error) {
    if (!isLockTrouble(error)) throw error;
  }
};

const build = async (client: Client, lease: Lease, options: RebuildOptions): Promise<RebuildReport> => {
  const { projections, signal } = options;
  const { build: shadow, resumed } = await takeUp(client, projections);
  const guard = (): Promise<void> => {
    if (signal?.aborted) throw new LacunaError('REBUILD_STOPPED');
    return holdLease(client, lease, options.leaseMs);
  };
  const writer: BuildWriter = { client, build: shadow, guard, ...(signal ? { signal } : {}) };
  await catchUp(writer, options);
  await finishIndexes(client, shadow, projections);
  await catchUp(writer, options);
  const position = await switchWhenFree(writer, shadow, options);
  await dropRetired(client);
  return { build: shadow.id, position, resumed };
};

/**
 * Fills a new build beside the live one and switches to it when it has caught up. Readers are served from the old
 * one meanwhile. Broken off at any point, the next call goes on where this one was; the live views are never touched.
 * Fails with `REBUILD_RUNNING` while another one is at it, `VIEW_FAILED` where the code does not know the log.
 */
export const rebuildViews = async (options: RebuildOptions): Promise<RebuildReport> => {
  const client = await options.connect();
  try {
    await boundStalls(client, options.leaseMs);
    const lease = await takeLease(client, [REBUILD_LEASE], options.holder, REBUILD_LEASE_MS);
    if (!lease) throw new LacunaError('REBUILD_RUNNING', 'another rebuild is under way');
    try {
      return await build(client, lease, options);
    } finally {
      await giveLease(client, lease).catch(() => undefined);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
};
