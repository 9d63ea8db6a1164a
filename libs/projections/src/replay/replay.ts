import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { EventStore } from '@lacuna/event-store';
import type { Client } from 'pg';
import {
  buildsIn,
  createBuild,
  dropAbandonedReplays,
  dropBuild,
  progressOf,
  type Build,
  type StoredProgress,
} from '../build/build.store.js';
import { connectTo, type Connect } from '../build/session.store.js';
import type { EventReader, Projection, ViewProgress } from '../engine/index.js';
import { positionAt } from '../queries/position-at.js';
import { fill, type LogSource } from '../runner/fill.js';
import { allProjections, readLogged } from '../views.js';
import { digestView, firstDifference, type ViewDigest } from './digest.store.js';
import { keepReplay, parkedIn } from './replay.store.js';

export type AsOf = Readonly<{ position: bigint }> | Readonly<{ instant: Instant }>;

export type ReplayOptions = Readonly<{
  store: Pick<EventStore, 'readAll' | 'readStream' | 'head'>;
  databaseUrl: string;
  /** Absent: the live views are pinned where they are, and compared. */
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

type Pinned = Readonly<{ client: Client; schema: string; views: readonly StoredProgress[] }>;
type Target = Readonly<{ projection: Projection; upTo: bigint }>;

/** A snapshot of the live rows and of their checkpoints, together, for as long as its transaction is open. */
const pinLive = async (connect: Connect, projections: readonly Projection[]): Promise<Pinned> => {
  const client = await connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [live] = await buildsIn(client, 'live');
    if (!live) throw new LacunaError('VIEW_BEHIND', 'there are no live views yet');
    const views = await progressOf(client, live.id, projections);
    const isOther =
      views.length < projections.length ||
      views.some(({ version, projection }) => version !== projection.version);
    if (isOther) throw new LacunaError('VIEW_BEHIND', 'the live views are of another version');
    return { client, schema: live.schema, views };
  } catch (error) {
    await client.end();
    throw error;
  }
};

const asOfPosition = async (log: LogSource, asOf: AsOf): Promise<bigint> => {
  if ('instant' in asOf) return positionAt(log.store, asOf.instant);
  if (asOf.position > (await log.store.head()))
    throw new LacunaError('POSITION_AHEAD_OF_LOG', 'the log has not come to this position');
  return asOf.position;
};

/** Views may be pinned at different places (one was paused): each is filled to its own. */
const fillTargets = async (
  client: Client,
  build: Build,
  targets: readonly Target[],
  source: LogSource,
): Promise<void> => {
  const writer = { client, build, guard: () => Promise.resolve() };
  let views: readonly ViewProgress[] = targets.map(({ projection }) => ({
    projection,
    position: 0n,
    parked: new Set<string>(),
  }));
  const limits = [...new Set(targets.map(({ upTo }) => upTo))].sort((a, b) => (a < b ? -1 : 1));
  for (const limit of limits) {
    const due = views.filter(({ projection }) =>
      targets.some((target) => target.projection === projection && target.upTo >= limit),
    );
    views = await fill(writer, due, source, limit);
    if (views.length < due.length)
      throw new LacunaError('VIEW_FAILED', 'the code does not know an event of this log');
  }
};

const compare = async (
  rebuilt: Readonly<{ client: Client; schema: string }>,
  pinned: Pinned | null,
  projection: Projection,
): Promise<Pick<ReplayedView, 'rows' | 'digest' | 'live' | 'difference'>> => {
  const own = await digestView(rebuilt.client, rebuilt.schema, projection);
  if (!pinned) return { ...own, live: null, difference: null };
  const live = await digestView(pinned.client, pinned.schema, projection);
  const difference = own.digest === live.digest ? null : await firstDifference(pinned, rebuilt, projection);
  return { ...own, live, difference };
};

const reportOn = async (
  client: Client,
  build: Build,
  pinned: Pinned | null,
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

const replayInto = async (
  client: Client,
  pinned: Pinned | null,
  options: ReplayOptions,
): Promise<ReplayReport> => {
  const { projections = allProjections, store, read = readLogged, asOf, keep = false } = options;
  const source = { store, read };
  const upTo = asOf ? await asOfPosition(source, asOf) : 0n;
  const targets = projections.map((projection) => ({
    projection,
    upTo: pinned?.views.find((view) => view.projection === projection)?.position ?? upTo,
  }));
  await dropAbandonedReplays(client);
  const build = await createBuild(client, 'replay', projections);
  try {
    await fillTargets(client, build, targets, source);
    const report = await reportOn(client, build, pinned, targets);
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
 * as-of the live views are pinned and compared: same log, same bytes. The schema is dropped afterwards, also by the
 * next replay where this one was killed. Nothing here asks whether a key still exists.
 */
export const replay = async (options: ReplayOptions): Promise<ReplayReport> => {
  const connect = options.connect ?? connectTo(options.databaseUrl);
  const pinned = options.asOf ? null : await pinLive(connect, options.projections ?? allProjections);
  try {
    const client = await connect();
    try {
      return await replayInto(client, pinned, options);
    } finally {
      await client.end();
    }
  } finally {
    await pinned?.client.end();
  }
};
