import type { KeyCounts } from '../custody.port.js';
import type { Database } from './database.js';

type CountRow = Readonly<
  Record<'scope' | 'subject' | 'lookup' | 'destroyed_scope' | 'destroyed_subject', number>
>;

const COUNT = `SELECT
  (SELECT count(*)::int FROM custody.scope_keys WHERE wrapped IS NOT NULL) AS scope,
  (SELECT count(*)::int FROM custody.subject_keys WHERE wrapped IS NOT NULL) AS subject,
  (SELECT count(*)::int FROM custody.lookup_keys) + (SELECT count(*)::int FROM custody.request_keys)
    + (SELECT count(*)::int FROM custody.imports) AS lookup,
  (SELECT count(*)::int FROM custody.scope_keys WHERE wrapped IS NULL AND had_key) AS destroyed_scope,
  (SELECT count(*)::int FROM custody.subject_keys WHERE wrapped IS NULL) AS destroyed_subject`;

const NONE: CountRow = { scope: 0, subject: 0, lookup: 0, destroyed_scope: 0, destroyed_subject: 0 };

/** Living keys by class, and tombstones: a lookup key leaves none. */
export const countKeys = async (database: Database): Promise<KeyCounts> => {
  const rows = await database.read<CountRow>('key-counts', COUNT);
  const { scope, subject, lookup, destroyed_scope, destroyed_subject } = rows[0] ?? NONE;
  return {
    living: scope + subject + lookup,
    destroyed: destroyed_scope + destroyed_subject,
    byClass: { scope, subject, lookup },
    destroyedByClass: { scope: destroyed_scope, subject: destroyed_subject, lookup: 0 },
  };
};
