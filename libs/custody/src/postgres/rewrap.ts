import type { PoolClient } from 'pg';
import type { KeyClass } from '../custody.port.js';
import type { WrapContext } from '../keys/wrapped-key.js';
import type { Database } from './database.js';
import { scopeContext, subjectContext } from './key-opener.js';
import type { KeyRing } from './key-ring.js';

type KeyRow = Readonly<{
  ref: string;
  tenant: string;
  subject: string;
  category: string;
  scope: string;
  wrapped: Buffer;
}>;

type Rewrapped = 'scope' | 'subject';

const TABLE: Readonly<Record<Rewrapped, Readonly<{ name: string; subject: string; scope: string }>>> = {
  scope: { name: 'custody.scope_keys', subject: `''`, scope: 'scope' },
  subject: { name: 'custody.subject_keys', subject: 'subject', scope: `''` },
};

const CHUNK = 1_000;
const NO_REF = '00000000-0000-0000-0000-000000000000';

const contextOf = (keyClass: KeyClass, row: KeyRow): WrapContext =>
  keyClass === 'subject' ? subjectContext(row) : scopeContext(row.ref, row);

const rewrapChunk = async (
  client: PoolClient,
  ring: KeyRing,
  step: Readonly<{ keyClass: Rewrapped; epoch: number; after: string }>,
): Promise<string | null> => {
  const { keyClass, epoch, after } = step;
  const { name, subject, scope } = TABLE[keyClass];
  const found = await client.query<KeyRow>(
    `SELECT ref, tenant, ${subject} AS subject, ${scope} AS scope, category, wrapped FROM ${name}
      WHERE ref > $1 AND kek_epoch < $2 AND wrapped IS NOT NULL ORDER BY ref LIMIT ${CHUNK}`,
    [after, epoch],
  );
  const anew = found.rows.map((row) => {
    const context = contextOf(keyClass, row);
    return ring.wrap(keyClass, context, ring.unwrap(row.wrapped, context), epoch);
  });
  // A key that was destroyed since it was read stays destroyed.
  await client.query(
    `UPDATE ${name} AS k SET wrapped = anew.wrapped, kek_epoch = $3
       FROM unnest($1::uuid[], $2::bytea[]) AS anew (ref, wrapped)
      WHERE k.ref = anew.ref AND k.kek_epoch < $3 AND k.wrapped IS NOT NULL`,
    [found.rows.map((row) => row.ref), anew, epoch],
  );
  return found.rows.length === CHUNK ? (found.rows.at(-1)?.ref ?? null) : null;
};

const livingBefore = async (database: Database, keyClass: Rewrapped, epoch: number): Promise<number> => {
  const rows = await database.read<{ left: number }>(
    `left-${keyClass}`,
    `SELECT count(*)::int AS left FROM ${TABLE[keyClass].name} WHERE kek_epoch < $1 AND wrapped IS NOT NULL`,
    [epoch],
  );
  return rows[0]?.left ?? 0;
};

/** Wraps every living key of a class under `epoch`, chunk by chunk beside the running work; resolves when none is left. */
export const rewrapAll = async (
  database: Database,
  ring: KeyRing,
  keyClass: Rewrapped,
  options: Readonly<{ epoch: number; onChunk: () => Promise<void> }>,
): Promise<void> => {
  do {
    for (let after: string | null = NO_REF; after !== null;) {
      const from: string = after;
      after = await database.aside('shared', (client) =>
        rewrapChunk(client, ring, { keyClass, epoch: options.epoch, after: from }),
      );
      await options.onChunk();
    }
  } while ((await livingBefore(database, keyClass, options.epoch)) > 0);
};
