import type { Custody } from '@lacuna/custody';
import type { EventStore } from '@lacuna/event-store';
import type { ProjectionRunner } from '@lacuna/projections';
import type { HealthCheck, HealthRegistry } from '@lacuna/runtime';

type Parts = Readonly<{
  store: Pick<EventStore, 'head'>;
  custody: Pick<Custody, 'status'>;
  views: Pick<ProjectionRunner, 'trouble'>;
}>;

// Nobody: a question that costs custody one look by key.
const NOBODY = { tenant: 'system', subject: '00000000-0000-0000-0000-000000000000' };

const answers =
  (ask: () => Promise<unknown>): HealthCheck =>
  async () => {
    await ask();
    return { state: 'serving' };
  };

/** What must answer for this process to be ready: the log and custody, each asked for real, and the views. */
export const registerHealth = (health: HealthRegistry, { store, custody, views }: Parts): void => {
  health.register(
    'log',
    answers(() => store.head()),
  );
  health.register(
    'custody',
    answers(() => custody.status(NOBODY)),
  );
  health.register('views', () =>
    Promise.resolve(
      views.trouble === null ? { state: 'serving' } : { state: 'not-serving', reason: views.trouble },
    ),
  );
};
