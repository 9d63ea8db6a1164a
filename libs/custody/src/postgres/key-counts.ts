import type { KeyCounts } from '../custody.port.js';
import type { Database } from './database.js';

type CountRow = Readonly<{ scope: number; subject: number; lookup: number; destroyed: number }>;

const COUNT = `SELECT
  (SELECT count(*)::int FROM custody.scope_keys WHERE wrapped IS NOT NULL) AS scope,
  (SELECT count(*)::int FROM custody.subject_keys WHERE wrapped IS NOT NULL) AS subject,
  (SELECT count(*)::int FROM custody.lookup_keys) + (SELECT count(*)::int FROM custody.request_keys) AS lookup,
  (SELECT count(*)::int FROM custody.scope_keys WHERE wrapped IS NULL)
    + (SELECT count(*)::int FROM custody.subject_keys WHERE wrapped IS NULL) AS destroyed`;

/** Living keys by class, and tombstones. */
export const countKeys = async (database: Database): Promise<KeyCounts> => {
  const rows = await database.read<CountRow>('key-counts', COUNT);
  const { scope, subject, lookup, destroyed } = rows[0] ?? { scope: 0, subject: 0, lookup: 0, destroyed: 0 };
  return { living: scope + subject + lookup, destroyed, byClass: { scope, subject, lookup } };
};
