import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import type { Destruction, KeyClass } from '../custody.port.js';
import { holderTag } from '../claims/claim-codec.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import type { EpochMap } from './key-ring.js';
import { removeHeld } from './claim-store.js';
import { StaleEpochs } from './database.js';
import type { KeyOpener } from './key-opener.js';
import { derivedId } from './subject-writer.js';

type SubjectRow = Readonly<{ state: 'live' | 'restricted' | 'erased'; destroyed_at: Date | null }>;
type KeyRow = Readonly<{ category: string; ref: string; wrapped: Buffer | null; destroyed_at: Date | null }>;
type EpochRow = Readonly<{ key_class: KeyClass; current: number; cut: Date | null }>;

/** Names of the category under whose `id` key the links to derived records are made. */
const LINKING = 'basic';

export type Destroyed = Readonly<{ destroyedAt: string; refs: readonly string[] }>;

const lockSubject = async (client: PoolClient, request: Destruction): Promise<SubjectRow> => {
  const found = await client.query<SubjectRow>(
    'SELECT state, destroyed_at FROM custody.subjects WHERE tenant = $1 AND subject = $2 FOR UPDATE',
    [request.tenant, request.subject],
  );
  const row = found.rows[0];
  if (!row) throw new LacunaError('SUBJECT_UNKNOWN', 'custody knows no such subject');
  if (row.state === 'live')
    throw new LacunaError('SUBJECT_NOT_RESTRICTED', 'a subject is restricted before it is destroyed');
  return row;
};

const keysOf = async (client: PoolClient, { tenant, subject }: Destruction): Promise<readonly KeyRow[]> => {
  const found = await client.query<KeyRow>(
    'SELECT category, ref, wrapped, destroyed_at FROM custody.subject_keys WHERE tenant = $1 AND subject = $2',
    [tenant, subject],
  );
  return found.rows;
};

/** The epochs as they stand under our lock, and the last cut of all classes. */
export const readEpochs = async (
  client: PoolClient,
): Promise<Readonly<{ epochs: EpochMap; lastCut: number }>> => {
  const found = await client.query<EpochRow>('SELECT key_class, current, cut FROM custody.epochs');
  const epochs = { scope: 0, subject: 0, lookup: 0 };
  for (const row of found.rows) epochs[row.key_class] = row.current;
  return { epochs, lastCut: Math.max(0, ...found.rows.map((row) => row.cut?.getTime() ?? 0)) };
};

/** The identity records whose link dies here: computed now, for nobody can once the key is gone. */
const derivedSubjects = async (
  client: PoolClient,
  keys: KeyOpener,
  request: Destruction,
  owned: readonly KeyRow[],
): Promise<readonly string[]> => {
  const row = owned.find((key) => key.category === LINKING);
  if (!row?.wrapped || request.derived.length === 0) return [];
  const scopes = await client.query<{ ref: string; wrapped: Buffer | null }>(
    'SELECT ref, wrapped FROM custody.scope_keys WHERE tenant = $1 AND category = $2 AND scope = $3',
    [request.tenant, LINKING, MEMBERSHIP],
  );
  const { tenant, subject } = request;
  const scope = { scope: MEMBERSHIP, ...(scopes.rows[0] ?? { ref: '', wrapped: null }) };
  const entry = keys.entry({ ref: row.ref, tenant, subject, category: LINKING }, row.wrapped, scope);
  return entry ? request.derived.map(({ label }) => derivedId(entry, label)) : [];
};

export const markDirty = (client: PoolClient, classes: readonly KeyClass[], at: string): Promise<unknown> =>
  client.query(
    `UPDATE custody.epochs SET dirty = true, last_destroyed = greatest(last_destroyed, $2)
      WHERE key_class = ANY ($1::text[])`,
    [classes, at],
  );

/** Just after the last cut where the clock stands still: a rotation under way must not seem to cover it. */
export const destructionTime = (now: string, lastCut: number): string =>
  new Date(Math.max(Date.parse(now), lastCut + 1)).toISOString();

const empty = async (
  client: PoolClient,
  { tenant, subject, categories }: Destruction,
  at: string,
): Promise<readonly string[]> => {
  const emptied = await client.query<{ ref: string }>(
    `UPDATE custody.subject_keys SET wrapped = NULL, destroyed_at = $4
      WHERE tenant = $1 AND subject = $2 AND category = ANY ($3::text[]) AND wrapped IS NOT NULL RETURNING ref`,
    [tenant, subject, categories, at],
  );
  await client.query(
    `UPDATE custody.subjects SET state = 'erased', destroyed_at = coalesce(destroyed_at, $3), request = NULL
      WHERE tenant = $1 AND subject = $2`,
    [tenant, subject, at],
  );
  return emptied.rows.map((row) => row.ref);
};

const firstTime = (request: Destruction, subject: SubjectRow, owned: readonly KeyRow[]): string | null => {
  if (subject.state !== 'erased') return null;
  const asked = owned.filter((key) => request.categories.includes(key.category));
  if (asked.some((key) => key.wrapped !== null)) return null;
  const times = asked.flatMap((key) => (key.destroyed_at ? [key.destroyed_at.getTime()] : []));
  return new Date(Math.max(subject.destroyed_at?.getTime() ?? 0, ...times)).toISOString();
};

/**
 * The transaction that forgets. Its work is the subject's few keys and claims: it does not depend on how much
 * was sealed under them. The caller forgets `refs` in its caches once it has committed.
 */
export const destroySubject = async (
  client: PoolClient,
  keys: KeyOpener,
  request: Destruction,
): Promise<Destroyed> => {
  const subject = await lockSubject(client, request);
  const owned = await keysOf(client, request);
  const first = firstTime(request, subject, owned);
  if (first !== null) return { destroyedAt: first, refs: [] };
  const { epochs, lastCut } = await readEpochs(client);
  if (!keys.ring.matches(epochs)) throw new StaleEpochs();
  const lookup = keys.ring.lookup;
  const holders = [request.subject, ...(await derivedSubjects(client, keys, request, owned))];
  const claims = await removeHeld(
    client,
    holders.map((holder) => holderTag(lookup, request.tenant, holder)),
  );
  const at = destructionTime(request.now, lastCut);
  const refs = await empty(client, request, at);
  await markDirty(client, claims ? ['subject', 'lookup'] : ['subject'], at);
  return { destroyedAt: at, refs };
};
