import { LacunaError } from '@lacuna/domain/kernel';
import type { SubjectRef } from '../scopes.port.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import type { Database } from './database.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { fromKeysAsked, KEY_WITH_SCOPE, ownerOf, scopeRowOf, type KeyWithScopeRow } from './key-rows.js';
import { derivedStream } from './subject-writer.js';

const ONE = '(SELECT $1::text AS tenant, $2::text AS subject, $3::text AS category, $4::text AS scope) asked';
const KEY = `SELECT ${KEY_WITH_SCOPE} ${fromKeysAsked(ONE, 'owner')}`;

/** The names of streams that a key gives for as long as it lives, whatever has become of the subject's other keys. */
export const streamNames = async (
  database: Database,
  keys: KeyOpener,
  { tenant, subject, category }: SubjectRef & Readonly<{ category: string }>,
  labels: readonly string[],
): Promise<readonly string[] | null> => {
  const asked = [tenant, subject, category, MEMBERSHIP];
  const [row] = await database.read<KeyWithScopeRow>('stream-names', KEY, asked);
  if (row === undefined) return null;
  const entry = ownFault(() => keys.entry(ownerOf(row), row.wrapped, scopeRowOf(row)));
  if (entry instanceof LacunaError) throw entry;
  return entry && labels.map((label) => derivedStream(entry, label));
};
