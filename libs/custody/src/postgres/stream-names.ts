import { LacunaError } from '@lacuna/domain/kernel';
import type { SubjectRef } from '../custody.port.js';
import type { Database } from './database.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { derivedStream } from './subject-writer.js';

type KeyRow = Readonly<{
  ref: string;
  wrapped: Buffer | null;
  scope_ref: string;
  scope_wrapped: Buffer | null;
}>;

const KEY = `
SELECT k.ref, k.wrapped, c.ref AS scope_ref, c.wrapped AS scope_wrapped
  FROM custody.subject_keys k
  JOIN custody.scope_keys c ON c.tenant = k.tenant AND c.category = k.category AND c.scope = 'membership'
 WHERE k.tenant = $1 AND k.subject = $2 AND k.category = $3`;

/** The names of streams that a key gives for as long as it lives, whatever has become of the subject's other keys. */
export const streamNames = async (
  database: Database,
  keys: KeyOpener,
  slot: SubjectRef & Readonly<{ category: string }>,
  labels: readonly string[],
): Promise<readonly string[] | null> => {
  const { tenant, subject, category } = slot;
  const [row] = await database.read<KeyRow>('stream-names', KEY, [tenant, subject, category]);
  if (row === undefined) return null;
  const scope = { ref: row.scope_ref, wrapped: row.scope_wrapped };
  const entry = ownFault(() => keys.entry({ ref: row.ref, tenant, subject, category }, row.wrapped, scope));
  if (entry instanceof LacunaError) throw entry;
  return entry && labels.map((label) => derivedStream(entry, label));
};
