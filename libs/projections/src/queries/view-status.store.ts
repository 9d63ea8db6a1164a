import { setTimeout as pause } from 'node:timers/promises';
import { LacunaError } from '@lacuna/domain/kernel';
import type { EventStore, Position } from '@lacuna/event-store';
import type { DataSource } from 'typeorm';
import { BuildEntity } from '../schema/build.entity.js';
import { CheckpointEntity, type ViewState } from '../schema/checkpoint.entity.js';
import { ParkedStreamEntity } from '../schema/parked-stream.entity.js';
import { readViews } from './view-source.store.js';

export type ViewStatus = Readonly<{
  name: string;
  version: number;
  state: ViewState;
  /** Why it has failed: a code, and the event type that it does not know. */
  reason: string | null;
  position: Position;
  /** How far the log is ahead, in positions. */
  lag: bigint;
  parkedStreams: number;
}>;

const liveCheckpoints = (source: DataSource, view?: string): Promise<CheckpointEntity[]> =>
  readViews(() => {
    const query = source
      .getRepository(CheckpointEntity)
      .createQueryBuilder('c')
      .innerJoin(BuildEntity, 'b', "b.id = c.build AND b.state = 'live'")
      .orderBy('c.view');
    return (view === undefined ? query : query.where('c.view = :view', { view })).getMany();
  });

/** The state of every live view, for `status`. Empty before the first build is live. */
export const viewStatus = async (
  source: DataSource,
  store: Pick<EventStore, 'head'>,
): Promise<readonly ViewStatus[]> => {
  const head = await store.head();
  const checkpoints = await liveCheckpoints(source);
  const parked = await readViews(() =>
    source
      .getRepository(ParkedStreamEntity)
      .createQueryBuilder('p')
      .select(['p.build AS build', 'p.view AS view', 'count(*)::integer AS streams'])
      .groupBy('p.build, p.view')
      .getRawMany<{ build: number; view: string; streams: number }>(),
  );
  return checkpoints.map((checkpoint) => {
    const position = BigInt(checkpoint.position);
    const { view: name, version, state, reason, build } = checkpoint;
    const streams = parked.find((row) => row.build === build && row.view === name)?.streams ?? 0;
    const lag = head > position ? head - position : 0n;
    return { name, version, state, reason, position, lag, parkedStreams: streams };
  });
};

/** Where a live view stands. `VIEW_BEHIND` before it is built. */
export const viewPosition = async (source: DataSource, view: string): Promise<Position> => {
  const [checkpoint] = await liveCheckpoints(source, view);
  if (!checkpoint) throw new LacunaError('VIEW_BEHIND', 'the views are being built');
  return BigInt(checkpoint.position);
};

/** Read your own writes: resolves with the view's position once it has passed the one given, `VIEW_BEHIND` after the time-out. */
export const waitUntil = async (
  source: DataSource,
  view: string,
  position: Position,
  timeoutMs = 5_000,
): Promise<Position> => {
  const deadline = Date.now() + timeoutMs;
  for (let wait = 5; ; wait = Math.min(wait * 2, 50)) {
    const [checkpoint] = await liveCheckpoints(source, view);
    if (checkpoint && BigInt(checkpoint.position) >= position) return BigInt(checkpoint.position);
    if (checkpoint?.state === 'failed' || Date.now() + wait > deadline)
      throw new LacunaError('VIEW_BEHIND', `${view} has not come to this position`);
    await pause(wait);
  }
};
