import type { Pool } from 'pg';

/** The store's own key for cursors: 32 bytes, the same for every process of this store. */
export const readCursorKey = async (pool: Pick<Pool, 'query'>): Promise<Buffer> => {
  const { rows } = await pool.query<{ key: Buffer }>('SELECT key FROM meta.cursor_key');
  const [row] = rows;
  if (row === undefined) throw new Error('the store has no cursor key: its schema was not migrated');
  return row.key;
};
