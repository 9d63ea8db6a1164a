import type { EventStore } from '@lacuna/event-store';
import { standstillCheck, type HealthCheck } from '@lacuna/runtime';
import type { ViewStatus } from '../queries/view-status.store.js';
import type { ProjectionRunner } from './projection-runner.js';

export type WatchedViews = Readonly<{
  runner: Pick<ProjectionRunner, 'state'>;
  viewStatus: () => Promise<readonly ViewStatus[]>;
  store: Pick<EventStore, 'head'>;
  limitMs?: number;
}>;

const lowest = (views: readonly ViewStatus[]): bigint | null =>
  views.reduce<bigint | null>(
    (least, { position }) => (least === null || position < least ? position : least),
    null,
  );

/**
 * Whether the views that this process holds move on while events arrive. A failed view does not, and never will by
 * itself; a paused one is what an operator wants; where another process holds them, this one serves as a standby.
 */
export const viewsHealth = ({ runner, viewStatus, store, limitMs }: WatchedViews): HealthCheck => {
  let views: readonly ViewStatus[] = [];
  const still = standstillCheck({
    position: () =>
      Promise.resolve(lowest(views.filter(({ state }) => state === 'booting' || state === 'live'))),
    head: () => store.head(),
    ...(limitMs !== undefined && { limitMs }),
  });
  return async () => {
    views = runner.state === 'running' ? await viewStatus() : [];
    const failed = views.find(({ state }) => state === 'failed');
    return failed === undefined ? still() : { state: 'not-serving', reason: `${failed.name} has failed` };
  };
};
