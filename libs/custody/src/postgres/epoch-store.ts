import type { PoolClient } from 'pg';
import type { KeyClass, Rotation } from '../custody.port.js';

/** In the order they rotate: whoever finds the subject keys rotated knows that claims and scopes were before them. */
export const KEY_CLASSES: readonly KeyClass[] = ['lookup', 'scope', 'subject'];

/**
 * Where a class stands. `pending`: a rotation has begun (claims are being computed anew); `previous`: it has
 * switched, and the old key-encryption key is still there. Both null: at rest. `cut`: what the last rotation covers.
 */
export type EpochRow = Readonly<{
  key_class: KeyClass;
  current: number;
  pending: number | null;
  previous: number | null;
  cut: Date | null;
  dirty: boolean;
  last_destroyed: Date | null;
  rotated_at: Date | null;
}>;

export const readEpoch = async (client: PoolClient, keyClass: KeyClass): Promise<EpochRow> => {
  const found = await client.query<EpochRow>('SELECT * FROM custody.epochs WHERE key_class = $1', [keyClass]);
  const row = found.rows[0];
  if (!row) throw new Error(`custody has no epoch of class ${keyClass}`);
  return row;
};

export const insertEpoch = (client: PoolClient, keyClass: KeyClass, epoch: number): Promise<unknown> =>
  client.query('INSERT INTO custody.epochs (key_class, current) VALUES ($1, $2)', [keyClass, epoch]);

export const readEpochs = async (client: PoolClient): Promise<readonly EpochRow[]> =>
  (await client.query<EpochRow>('SELECT * FROM custody.epochs')).rows;

/** Something of the class is gone that has no time of its own: the next rotation covers it. */
export const markDirtyNow = (client: PoolClient, keyClass: KeyClass): Promise<unknown> =>
  client.query('UPDATE custody.epochs SET dirty = true WHERE key_class = $1 AND NOT dirty', [keyClass]);

/**
 * Draws the line, the same for all classes that rotate together: what was destroyed and committed before is covered
 * by this rotation, what comes later by the next.
 */
export const drawCut = (
  client: PoolClient,
  keyClass: KeyClass,
  step: Readonly<{ pending: number; now: string }>,
): Promise<unknown> =>
  client.query(
    `UPDATE custody.epochs SET pending = $2, dirty = false, cut = greatest($3::timestamptz,
            (SELECT max(last_destroyed) FROM custody.epochs), (SELECT max(cut) FROM custody.epochs))
      WHERE key_class = $1`,
    [keyClass, step.pending, step.now],
  );

/** From the commit of this on, everything new is wrapped under the new key. */
export const switchEpoch = (client: PoolClient, keyClass: KeyClass): Promise<unknown> =>
  client.query(
    `UPDATE custody.epochs SET previous = current, current = pending, pending = NULL
      WHERE key_class = $1 AND pending IS NOT NULL`,
    [keyClass],
  );

/** The old key-encryption key is gone, its backup too. */
export const finishEpoch = (client: PoolClient, keyClass: KeyClass, now: string): Promise<unknown> =>
  client.query(
    `UPDATE custody.epochs SET previous = NULL, rotated_at = greatest($2::timestamptz, cut)
      WHERE key_class = $1 AND previous IS NOT NULL`,
    [keyClass, now],
  );

export const toRotation = (row: EpochRow): Rotation | null =>
  row.rotated_at && row.cut && row.previous === null
    ? {
        keyClass: row.key_class,
        epoch: row.current,
        destroyedBefore: row.cut.toISOString(),
        at: row.rotated_at.toISOString(),
      }
    : null;
