import type { Pool, PoolClient } from 'pg';
import { inPoolTransaction } from '@lacuna/runtime';
import type { Turn } from './turn.port.js';
import type { WorkStore } from './work.port.js';
import type { Work, WorkChange } from './work.js';

const MOVE = 'UPDATE meta.reactor SET position = $2 WHERE position = $1';
const ADD = `INSERT INTO meta.reactor_work (kind, tenant, subject, since) VALUES ($1, $2, $3, $4)
  ON CONFLICT (kind, tenant, subject) DO UPDATE SET since = excluded.since`;
const DROP = 'DELETE FROM meta.reactor_work WHERE kind = $1 AND tenant = $2 AND subject = $3';
// Work that has come anew meanwhile says another `since`, and is still to be done.
const DONE = `${DROP} AND since = $4`;
const LIST =
  'SELECT kind, tenant, subject, since FROM meta.reactor_work WHERE kind = $1 ORDER BY since, subject';

const apply = async (client: PoolClient, { change, work }: WorkChange): Promise<void> => {
  const { kind, tenant, subject, since } = work;
  await (change === 'add'
    ? client.query(ADD, [kind, tenant, subject, since])
    : client.query(DROP, [kind, tenant, subject]));
};

/** Every write is guarded by the turn: one that is over writes nothing. */
export const createWorkStore = (pool: Pool, turn: Pick<Turn, 'guard'>): WorkStore => ({
  position: async () => {
    const { rows } = await pool.query<{ position: string }>('SELECT position FROM meta.reactor');
    return BigInt(rows[0]?.position ?? '0');
  },
  take: (from, to, changes) =>
    inPoolTransaction(pool, async (client) => {
      await turn.guard(client);
      const moved = await client.query(MOVE, [from.toString(), to.toString()]);
      if (moved.rowCount !== 1) return false;
      for (const change of changes) await apply(client, change);
      return true;
    }),
  list: async (kind) => (await pool.query<Work>(LIST, [kind])).rows,
  done: ({ kind, tenant, subject, since }) =>
    inPoolTransaction(pool, async (client) => {
      await turn.guard(client);
      await client.query(DONE, [kind, tenant, subject, since]);
    }),
});
