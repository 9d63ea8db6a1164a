import { setTimeout as pause } from 'node:timers/promises';
import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import { troubleCode } from '@lacuna/runtime';
import { DatabaseError, type ClientBase } from 'pg';
import {
  changesOf,
  foldPlan,
  groupKey,
  groupsToLoad,
  planView,
  workingSet,
  type LoggedEvent,
  type Operation,
  type ParkedStream,
  type ViewPlan,
  type ViewProgress,
} from '../engine/index.js';
import type { Build } from './build.store.js';
import { loadGroups, writeChanges } from './row.store.js';
import { inTransaction, isDataFault, isLockTrouble } from './session.store.js';

/** A run of the log, brought to newest schemas once for all views. */
export type EventRun = Readonly<{ events: readonly LoggedEvent[]; position: bigint; caughtUp: boolean }>;

/** Where rows go, over which session, and what must hold in every transaction that writes them. */
export type BuildWriter = Readonly<{
  client: ClientBase;
  build: Pick<Build, 'id' | 'schema' | 'state'>;
  guard: () => Promise<void>;
  /** Ends the wait for readers who let no part come or go. */
  signal?: AbortSignal;
}>;

type Outcome = Readonly<{
  progress: ViewProgress;
  before: bigint;
  state: 'live' | 'failed' | null;
  reason: string | null;
  parking: readonly ParkedStream[];
}>;

const outcomeOf = ({ progress, parking, failed }: ViewPlan, run: EventRun): Outcome => {
  const reached = failed ? failed.before.position - 1n : run.position;
  const position = reached > progress.position ? reached : progress.position;
  return {
    progress: { ...progress, position, parked: new Set([...progress.parked, ...parking.keys()]) },
    before: progress.position,
    state: failed ? 'failed' : run.caughtUp ? 'live' : null,
    reason: failed?.reason ?? null,
    parking: [...parking.values()],
  };
};

const parkStreams = async (
  client: ClientBase,
  build: number,
  view: string,
  parking: readonly ParkedStream[],
): Promise<void> => {
  if (parking.length === 0) return;
  await client.query(
    `INSERT INTO views.parked_stream AS p (build, view, stream, from_revision, from_position, reason, events)
     SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])
     ON CONFLICT (build, view, stream) DO UPDATE SET events = p.events + excluded.events`,
    [
      build,
      view,
      parking.map(({ stream }) => stream),
      parking.map(({ fromRevision }) => fromRevision.toString()),
      parking.map(({ fromPosition }) => fromPosition.toString()),
      parking.map(({ reason }) => reason),
      parking.map(({ events }) => events),
    ],
  );
};

/** Fails with `CHECKPOINT_MOVED` where a view was paused, switched away or moved by somebody else: nothing is written then. */
const moveCheckpoints = async (
  { client, build }: BuildWriter,
  outcomes: readonly Outcome[],
): Promise<void> => {
  const { rowCount } = await client.query(
    `UPDATE views.checkpoint c SET position = u.position, state = coalesce(u.state, c.state), reason = u.reason
     FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
       AS u (view, before, position, state, reason)
     WHERE c.build = $1 AND c.view = u.view AND c.position = u.before AND c.state IN ('booting', 'live')
       AND EXISTS (SELECT FROM views.build b WHERE b.id = $1 AND b.state = $2)`,
    [
      build.id,
      build.state,
      outcomes.map(({ progress }) => progress.projection.name),
      outcomes.map(({ before }) => before.toString()),
      outcomes.map(({ progress }) => progress.position.toString()),
      outcomes.map(({ state }) => state),
      outcomes.map(({ reason }) => reason),
    ],
  );
  if (rowCount !== outcomes.length) throw new LacunaError('CHECKPOINT_MOVED');
};

const operationsOf = (plans: readonly ViewPlan[]): readonly Operation[] =>
  plans.flatMap(({ steps }) => steps.flatMap(({ operations }) => operations));

const writeRows = async ({ client, build }: BuildWriter, plans: readonly ViewPlan[]): Promise<void> => {
  const operations = operationsOf(plans);
  if (operations.length === 0) return;
  const rows = workingSet(await loadGroups(client, build.schema, groupsToLoad(operations)));
  for (const plan of plans) foldPlan(plan, rows);
  const target = { client, schema: build.schema, durable: build.state !== 'replay' };
  await writeChanges(target, changesOf(rows));
};

const writePlans = async (
  writer: BuildWriter,
  plans: readonly ViewPlan[],
  run: EventRun,
): Promise<readonly ViewProgress[]> => {
  await writeRows(writer, plans);
  const outcomes = plans.map((plan) => outcomeOf(plan, run));
  await moveCheckpoints(writer, outcomes);
  for (const { progress, parking } of outcomes)
    await parkStreams(writer.client, writer.build.id, progress.projection.name, parking);
  return outcomes.filter(({ state }) => state !== 'failed').map(({ progress }) => progress);
};

/** Writes a run inside the caller's transaction: rows, parked streams and checkpoints, for all views. */
export const writeRun = (
  writer: BuildWriter,
  views: readonly ViewProgress[],
  run: EventRun,
): Promise<readonly ViewProgress[]> =>
  writePlans(
    writer,
    views.map((view) => planView(view, run.events)),
    run,
  );

// Each part that is written or dropped takes several places in the server's table of locks, which all sessions share.
const MOST_PARTS = 400;

const isTooWide = (plans: readonly ViewPlan[]): boolean => {
  const parts = new Set<string>();
  for (const operation of operationsOf(plans)) {
    const { closed } = operation.table;
    if (closed) parts.add(groupKey(closed, 'row' in operation ? operation.row : operation.match));
  }
  return parts.size > MOST_PARTS;
};

const writeNarrow = (
  writer: BuildWriter,
  views: readonly ViewProgress[],
  run: EventRun,
): Promise<readonly ViewProgress[]> => {
  const plans = views.map((view) => planView(view, run.events));
  if (run.events.length > 1 && isTooWide(plans)) throw new LacunaError('RUN_TOO_WIDE');
  return writePlans(writer, plans, run);
};

const isToBeHalved = (error: unknown): boolean => isDataFault(error) || hasCode(error, 'RUN_TOO_WIDE');

const LOCK_TRIES = 60;

/** One transaction, tried again while a long read of a view lets no part of it come or go; readers go on in between. */
const write = async <T>({ client, guard, signal }: BuildWriter, work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await inTransaction(client, async () => {
        await guard();
        return work();
      });
    } catch (error) {
      if (!isLockTrouble(error) || tries === LOCK_TRIES || signal?.aborted) throw error;
      await pause(Math.min(50 * tries, 1_000));
    }
  }
};

const parkAlone = (
  writer: BuildWriter,
  view: ViewProgress,
  run: EventRun,
  error: unknown,
): Promise<readonly ViewProgress[]> => {
  const [event] = run.events;
  const parking = new Map<string, ParkedStream>();
  if (event)
    parking.set(event.stream, {
      stream: event.stream,
      fromRevision: event.revision,
      fromPosition: event.position,
      reason: error instanceof DatabaseError ? `SQLSTATE ${error.code ?? ''}` : troubleCode(error),
      events: 1,
    });
  return writePlans(writer, [{ progress: view, steps: [], parking, failed: null }], run);
};

/** The halves of a run; the first ends at its last event. */
const halves = (run: EventRun): readonly [EventRun, EventRun] => {
  const middle = Math.ceil(run.events.length / 2);
  const first = run.events.slice(0, middle);
  const position = first.at(-1)?.position ?? run.position;
  return [
    { events: first, position, caughtUp: false },
    { ...run, events: run.events.slice(middle) },
  ];
};

/**
 * Applies a run in one transaction: rows and checkpoints commit together, or neither does. Where the database refuses
 * an event's data, the run is halved until that event stands alone, and its stream is parked in that view only. A run
 * that touches too many parts at once is halved as well. Returns the views that can go on.
 */
export const applyRun = async (
  writer: BuildWriter,
  views: readonly ViewProgress[],
  run: EventRun,
): Promise<readonly ViewProgress[]> => {
  try {
    return await write(writer, async () => writeNarrow(writer, views, run));
  } catch (error) {
    if (!isToBeHalved(error)) throw error;
    if (run.events.length > 1) {
      const [first, second] = halves(run);
      return await applyRun(writer, await applyRun(writer, views, first), second);
    }
    const [view, ...others] = views;
    if (view && others.length === 0) return write(writer, () => parkAlone(writer, view, run, error));
    const apart: ViewProgress[] = [];
    for (const one of views) apart.push(...(await applyRun(writer, [one], run)));
    return apart;
  }
};

type ParkedRow = Readonly<{ stream: string; from_revision: string; from_position: string }>;

/** The streams that wait in one view of a build, the longest waiting first. */
export const parkedStreams = async (
  { client, build }: BuildWriter,
  view: string,
): Promise<readonly Readonly<{ stream: string; fromRevision: bigint; fromPosition: bigint }>[]> => {
  const { rows } = await client.query<ParkedRow>(
    `SELECT stream, from_revision, from_position FROM views.parked_stream
     WHERE build = $1 AND view = $2 ORDER BY from_position`,
    [build.id, view],
  );
  return rows.map((row) => ({
    stream: row.stream,
    fromRevision: BigInt(row.from_revision),
    fromPosition: BigInt(row.from_position),
  }));
};

/**
 * Applies what a parked stream let wait, in order and in one transaction; the checkpoint is beyond it and stays.
 * What still cannot be applied is parked again, with what follows it. Returns whether the stream flows again.
 */
export const unparkStream = async (
  writer: BuildWriter,
  view: ViewProgress,
  waiting: readonly LoggedEvent[],
): Promise<boolean> => {
  const [first] = waiting;
  if (!first) return false;
  try {
    return await write(writer, async () => {
      const plan = planView({ ...view, position: first.position - 1n, parked: new Set() }, waiting);
      if (plan.failed) throw new LacunaError('EVENT_UNKNOWN', plan.failed.reason);
      await writer.client.query(
        'DELETE FROM views.parked_stream WHERE build = $1 AND view = $2 AND stream = $3',
        [writer.build.id, view.projection.name, first.stream],
      );
      await writeRows(writer, [plan]);
      await parkStreams(writer.client, writer.build.id, view.projection.name, [...plan.parking.values()]);
      return plan.parking.size === 0;
    });
  } catch (error) {
    if (isDataFault(error) || hasCode(error, 'EVENT_UNKNOWN')) return false;
    throw error;
  }
};
