import { setTimeout as sleep } from 'node:timers/promises';
import { withOwner } from '../attack/relink-product.js';
import type { Running } from './product.js';

/** How many rows of the import under way have been taken in. */
export const rowsIn = (home: string): Promise<number> =>
  withOwner(home, async (client) => {
    const { rows } = await client.query<{ in: number | null }>(
      'SELECT max(next_chunk * chunk_rows) AS in FROM custody.imports',
    );
    return rows[0]?.in ?? 0;
  });

/** Resolves when so many rows are in, or the import has ended. */
export const untilIn = async (home: string, { child }: Running, rows: number): Promise<void> => {
  while (child.exitCode === null && (await rowsIn(home)) < rows) await sleep(20);
};
