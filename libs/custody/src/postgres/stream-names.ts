import { LacunaError } from '@lacuna/domain/kernel';
import type { SubjectRef } from '../scopes.port.js';
import type { Database } from './database.js';
import { ownFault, type KeyOpener } from './key-opener.js';
import { fromKeysAsked, KEY_WITH_SCOPE, ownerOf, scopeRowOf, type KeyWithScopeRow } from './key-rows.js';
import { derivedStream } from './subject-writer.js';

const ASKED =
  '(SELECT $1::text AS tenant, $2::text AS subject, $3::text AS category, unnest($4::text[]) AS scope) asked';
const KEYS = `SELECT ${KEY_WITH_SCOPE} ${fromKeysAsked(ASKED, 'owner')} ORDER BY c.scope`;

/** The name of each scope's stream for as long as both keys live, whatever has become of the subject's other keys. */
export const streamNames = async (
  database: Database,
  keys: KeyOpener,
  { tenant, subject, category }: SubjectRef & Readonly<{ category: string }>,
  scopes: readonly string[],
): Promise<readonly string[]> => {
  const asked = [tenant, subject, category, scopes];
  const rows = await database.read<KeyWithScopeRow>('stream-names', KEYS, asked);
  return rows.flatMap((row) => {
    const entry = ownFault(() => keys.entry(ownerOf(row), row.wrapped, scopeRowOf(row)));
    if (entry instanceof LacunaError) throw entry;
    return entry === null ? [] : [derivedStream(entry, row.scope)];
  });
};
