import type { ClientBase } from 'pg';
import type { Build } from '../build/build.store.js';

export const keepReplay = async (client: ClientBase, { id }: Build): Promise<void> => {
  await client.query("UPDATE views.build SET state = 'kept' WHERE id = $1", [id]);
};

export const parkedIn = async (client: ClientBase, build: number, view: string): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM views.parked_stream WHERE build = $1 AND view = $2',
    [build, view],
  );
  return rows[0]?.count ?? 0;
};
