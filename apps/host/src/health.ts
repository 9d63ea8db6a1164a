import type { HealthCheck } from '@lacuna/runtime';
import type { HostParts } from './host-parts.js';

const answers =
  (ask: () => Promise<unknown>): HealthCheck =>
  async () => {
    await ask();
    return { state: 'serving' };
  };

/** What must answer for any process to be ready: the database, the log and custody, each asked for real. */
export const registerHealth = ({
  askCustody,
  health,
  pool,
  store,
}: Pick<HostParts, 'askCustody' | 'health' | 'pool' | 'store'>): void => {
  health.register(
    'database',
    answers(() => pool.query('SELECT 1')),
  );
  health.register(
    'log',
    answers(() => store.head()),
  );
  if (askCustody !== null) health.register('custody', answers(askCustody));
};
