import type { PoolClient } from 'pg';
import { KEY_BYTES } from '../sealing/aead.js';
import { freshRandom } from '../sealing/byte-string.js';
import { StaleEpochs, type Database } from './database.js';
import { subjectContext, type KeyOpener } from './key-opener.js';
import { pack } from './packed.js';
import { freshRef } from './scope-store.js';

/** Whoever has a living key of this category is a member; the record of an identity is none. */
const MEMBERS = 'basic';
const CHUNK = 2_000;

type LackingRow = Readonly<{ subject: string; category: string }>;
type Chunk = Readonly<{ made: readonly string[]; last: string | null }>;

/**
 * The next live members that lack a key, held until the keys are committed: a restriction that was first is seen
 * (the newest state is asked where the lock had to wait), one that comes now waits, and destroys these keys as well.
 */
const LACKING = `
SELECT s.subject, (
         SELECT coalesce(array_agg(c.category), '{}') FROM unnest($3::text[]) AS c (category)
          WHERE NOT EXISTS (
            SELECT FROM custody.subject_keys k
             WHERE k.tenant = s.tenant AND k.subject = s.subject AND k.category = c.category)) AS categories
  FROM custody.subjects s
 WHERE s.tenant = $1 AND s.subject > $2 AND s.state = 'live'
   AND EXISTS (SELECT FROM custody.subject_keys b
                WHERE b.tenant = s.tenant AND b.subject = s.subject AND b.category = '${MEMBERS}'
                  AND b.wrapped IS NOT NULL)
   AND EXISTS (SELECT FROM unnest($3::text[]) AS c (category)
                WHERE NOT EXISTS (
                  SELECT FROM custody.subject_keys k
                   WHERE k.tenant = s.tenant AND k.subject = s.subject AND k.category = c.category))
 ORDER BY s.subject LIMIT ${CHUNK} FOR SHARE OF s`;

// In the order of the random references: where a row lies says nothing of whose it is.
const INSERT = `
INSERT INTO custody.subject_keys (ref, tenant, subject, category, kek_epoch, wrapped)
SELECT ref, $1, subject, category, $2, substring($6::bytea FROM start FOR size)
  FROM unnest($3::uuid[], $4::text[], $5::text[], $7::int[], $8::int[]) AS k (ref, subject, category, start, size)
 ORDER BY ref
ON CONFLICT (tenant, subject, category) DO NOTHING RETURNING ref`;

const insertKeys = async (
  client: PoolClient,
  keys: KeyOpener,
  tenant: string,
  lacking: readonly LackingRow[],
): Promise<readonly string[]> => {
  const owners = lacking.map((row) => ({ ref: freshRef(), tenant, ...row }));
  const wrapped = pack(
    owners.map((owner) => keys.ring.wrap('subject', subjectContext(owner), freshRandom(KEY_BYTES))),
  );
  const made = await client.query<{ ref: string }>(INSERT, [
    tenant,
    keys.ring.epoch('subject'),
    owners.map((owner) => owner.ref),
    owners.map((owner) => owner.subject),
    owners.map((owner) => owner.category),
    wrapped.bytes,
    wrapped.starts,
    wrapped.sizes,
  ]);
  return made.rows.map((row) => row.ref);
};

const prepareChunk = async (
  client: PoolClient,
  keys: KeyOpener,
  step: Readonly<{ tenant: string; categories: readonly string[]; after: string }>,
): Promise<Chunk> => {
  const epoch = await client.query<{ current: number }>(
    `SELECT current FROM custody.epochs WHERE key_class = 'subject'`,
  );
  if (!keys.ring.matches({ subject: epoch.rows[0]?.current ?? 0 })) throw new StaleEpochs();
  const found = await client.query<{ subject: string; categories: readonly string[] }>(LACKING, [
    step.tenant,
    step.after,
    step.categories,
  ]);
  const lacking = found.rows.flatMap(({ subject, categories }) =>
    categories.map((category) => ({ subject, category })),
  );
  const made = lacking.length === 0 ? [] : await insertKeys(client, keys, step.tenant, lacking);
  return { made, last: found.rows.length === CHUNK ? (found.rows.at(-1)?.subject ?? null) : null };
};

/**
 * Who reads a row first after it was written leaves a mark on its page (PostgreSQL's hint bits, which can reach the
 * write-ahead log): we read them all at once, so that it is not somebody's first behaviour that does.
 */
const readBack = (database: Database, refs: readonly string[]): Promise<unknown> =>
  database.read(
    'prepared',
    `SELECT count(k.kek_epoch) FROM custody.subject_keys k
      WHERE k.ref = ANY ($1::uuid[])`,
    [refs],
  );

/** Makes the keys of these categories for all live members that lack them, chunk by chunk beside the running work. */
export const prepareSubjects = async (
  database: Database,
  keys: KeyOpener,
  tenant: string,
  categories: readonly string[],
): Promise<number> => {
  const prepare = (after: string): Promise<Chunk> =>
    keys.ring.upToDate(() =>
      database.aside('shared', (client) => prepareChunk(client, keys, { tenant, categories, after })),
    );
  let count = 0;
  for (let after: string | null = ''; after !== null;) {
    const { made, last } = await prepare(after);
    if (made.length > 0) await readBack(database, made);
    count += made.length;
    after = last;
  }
  return count;
};
