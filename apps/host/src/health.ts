import type { HealthCheck } from '@lacuna/runtime';
import type { HostParts } from './host-parts.js';

// Nobody: a question that costs custody one look by key.
const NOBODY = { tenant: 'system', subject: '00000000-0000-0000-0000-000000000000' };

const answers =
  (ask: () => Promise<unknown>): HealthCheck =>
  async () => {
    await ask();
    return { state: 'serving' };
  };

/** What must answer for any process to be ready: the database, the log and custody, each asked for real. */
export const registerHealth = ({
  custody,
  health,
  pool,
  store,
}: Pick<HostParts, 'custody' | 'health' | 'pool' | 'store'>): void => {
  health.register(
    'database',
    answers(() => pool.query('SELECT 1')),
  );
  health.register(
    'log',
    answers(() => store.head()),
  );
  if (custody !== null)
    health.register(
      'custody',
      answers(() => custody.status(NOBODY)),
    );
};
