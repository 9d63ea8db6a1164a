import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { EventStore } from '@lacuna/event-store';
import type { Client, ClientBase } from 'pg';
import type { BuildWriter } from '../build/apply.store.js';
import { createBuild, dropAbandonedReplays, dropBuild } from '../build/build.store.js';
import { connectTo, type Connect } from '../build/session.store.js';
import type { EventReader, Projection, ViewProgress } from '../engine/index.js';
import { positionAt } from '../queries/position-at.js';
import { fill, lowest, type LogSource } from '../runner/fill.js';
import { allProjections, readLogged } from '../views.js';
import { digestView, firstDifference, type ViewDigest } from './digest.store.js';
import { liveProgress, pinLive, type PinnedViews } from './pin.store.js';
import { keepReplay, parkedIn } from './replay.store.js';

export type AsOf = Readonly<{ position: bigint }> | Readonly<{ instant: Instant }>;

export type ReplayOptions = Readonly<{
  store: Pick<EventStore, 'readAll' | 'readStream' | 'head'>;
  databaseUrl: string;
  /** Absent: the live views are pinned where they are then, and compared. */
  asOf?: AsOf;
  /** Leaves the rebuilt schema behind. It can hold rows that were dropped since: drop it soon. */
  keep?: boolean;
  projections?: readonly Projection[];
  read?: EventReader;
  connect?: Connect;
}>;

export type ReplayedView = ViewDigest &
  Readonly<{
    name: string;
    version: number;
    position: bigint;
    parkedStreams: number;
    /** The pinned live view; null with an as-of. */
    live: ViewDigest | null;
    /** The key of the first row that differs from the live view; null: none does, or nothing was compared. */
    difference: string | null;
  }>;

export type ReplayReport = Readonly<{
  position: bigint;
  views: readonly ReplayedView[];
  /** Null with an as-of. */
  same: boolean | null;
  /** The schema that was kept. */
  schema: string | null;
}>;

type Target = Readonly<{ projection: Projection; upTo: bigint }>;

const asOfPosition = async (log: LogSource, asOf: AsOf): Promise<bigint> => {
  if ('instant' in asOf) return positionAt(log.store, asOf.instant);
  if (asOf.position > (await log.store.head()))
    throw new LacunaError('POSITION_AHEAD_OF_LOG', 'the log has not come to this position');
  return asOf.position;
};

/** Brings views to where each shall stand (one may have been paused), from where each is. */
const fillTo = async (
  writer: BuildWriter,
  views: readonly ViewProgress[],
  targets: readonly Target[],
  source: LogSource,
): Promise<readonly ViewProgress[]> => {
  let current = views;
  for (const limit of [...new Set(targets.map(({ upTo }) => upTo))].sort((a, b) => (a < b ? -1 : 1))) {
    const isDue = ({ projection }: ViewProgress): boolean =>
      targets.some((target) => target.projection === projection && target.upTo >= limit);
    const due = current.filter(isDue);
    const filled = await fill(writer, due, source, limit);
    if (filled.length < due.length)
      throw new LacunaError('VIEW_FAILED', 'the code does not know an event of this log');
    current = current.map((view) => filled.find(({ projection }) => projection === view.projection) ?? view);
  }
  return current;
};

const compare = async (
  rebuilt: Readonly<{ client: ClientBase; schema: string }>,
  pinned: PinnedViews | null,
  projection: Projection,
): Promise<Pick<ReplayedView, 'rows' | 'digest' | 'live' | 'difference'>> => {
  const own = await digestView(rebuilt.client, rebuilt.schema, projection);
  if (!pinned) return { ...own, live: null, difference: null };
  const live = await digestView(pinned.client, pinned.schema, projection);
  const difference = own.digest === live.digest ? null : await firstDifference(pinned, rebuilt, projection);
  return { ...own, live, difference };
};

const reportOn = async (
  { client, build }: BuildWriter,
  pinned: PinnedViews | null,
  targets: readonly Target[],
): Promise<ReplayReport> => {
  const views: ReplayedView[] = [];
  for (const { projection, upTo } of targets) {
    const compared = await compare({ client, schema: build.schema }, pinned, projection);
    const parkedStreams = await parkedIn(client, build.id, projection.name);
    const { name, version } = projection;
    views.push({ name, version, position: upTo, parkedStreams, ...compared });
  }
  const same = pinned ? views.every(({ digest, live }) => digest === live?.digest) : null;
  const position = targets.reduce((most, { upTo }) => (upTo > most ? upTo : most), 0n);
  return { position, views, same, schema: null };
};

const fromZero = (projections: readonly Projection[]): readonly ViewProgress[] =>
  projections.map((projection) => ({ projection, position: 0n, parked: new Set<string>() }));

const targetsOf = (views: readonly ViewProgress[]): readonly Target[] =>
  views.map(({ projection, position }) => ({ projection, upTo: position }));

const distance = (views: readonly ViewProgress[], to: readonly ViewProgress[]): bigint =>
  lowest(to) > lowest(views) ? lowest(to) - lowest(views) : 0n;

// So near behind the live views, what is left takes a moment.
const NEAR = 2_000n;

/**
 * Catches up with the live views and only then pins them: while they are pinned no part of theirs can be dropped, so
 * that they are not for the time of a whole replay.
 */
const replayLive = async (
  writer: BuildWriter,
  projections: readonly Projection[],
  source: LogSource,
  connect: Connect,
): Promise<ReplayReport> => {
  let views = fromZero(projections);
  for (let rounds = 0; rounds < 10; rounds++) {
    const live = await liveProgress(writer.client, projections);
    if (rounds > 0 && distance(views, live.views) < NEAR) break;
    views = await fillTo(writer, views, targetsOf(live.views), source);
  }
  const pinned = await pinLive(connect, projections);
  try {
    const targets = targetsOf(pinned.views);
    const isBehind = pinned.views.some(({ position }, index) => position < (views[index]?.position ?? 0n));
    if (isBehind) throw new LacunaError('VIEW_BEHIND', 'the live views have been set back meanwhile');
    await fillTo(writer, views, targets, source);
    return await reportOn(writer, pinned, targets);
  } finally {
    await pinned.client.end();
  }
};

const replayInto = async (
  client: Client,
  connect: Connect,
  options: ReplayOptions,
): Promise<ReplayReport> => {
  const { projections = allProjections, store, read = readLogged, asOf, keep = false } = options;
  const source = { store, read };
  const upTo = asOf ? await asOfPosition(source, asOf) : null;
  await dropAbandonedReplays(client);
  const build = await createBuild(client, 'replay', projections);
  const writer: BuildWriter = { client, build, guard: () => Promise.resolve() };
  const replayAsOf = async (position: bigint): Promise<ReplayReport> => {
    const targets = projections.map((projection) => ({ projection, upTo: position }));
    await fillTo(writer, fromZero(projections), targets, source);
    return reportOn(writer, null, targets);
  };
  try {
    const report = await (upTo === null
      ? replayLive(writer, projections, source, connect)
      : replayAsOf(upTo));
    await (keep ? keepReplay(client, build) : dropBuild(client, build));
    return { ...report, schema: keep ? build.schema : null };
  } catch (error) {
    // Where the session is gone too, the next replay drops it.
    await dropBuild(client, build).catch(() => undefined);
    throw error;
  }
};

/**
 * Makes all views again from the log, in a schema of their own, and gives a canonical digest of each. Without an
 * as-of it comes to where the live views stand, pins them there and compares: same log, same bytes. The schema is
 * dropped afterwards, also by the next replay where this one was killed. Nothing here asks whether a key still exists.
 */
export const replay = async (options: ReplayOptions): Promise<ReplayReport> => {
  const connect = options.connect ?? connectTo(options.databaseUrl);
  const client = await connect();
  try {
    return await replayInto(client, connect, options);
  } finally {
    await client.end();
  }
};
