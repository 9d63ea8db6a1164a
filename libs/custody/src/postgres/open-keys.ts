import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest } from '../custody.port.js';
import { KeyEntry } from '../keys/key-entry.js';
import { KEY_BYTES } from '../sealing/aead.js';
import { freshRandom } from '../sealing/byte-string.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import { ownScope } from './asked.js';
import { CameBetween, type NewKey } from './claiming.js';
import type { Facts, ScopeRow } from './facts.js';
import { subjectContext, type KeyOpener } from './key-opener.js';
import { freshRef } from './scope-store.js';
import type { OpenKeys } from './subject-writer.js';

/** What an accepted request has: keys that were there, and those that are to be written. */
export type KeysOpened = Readonly<{ keys: OpenKeys; minted: readonly NewKey[] }>;

/** How a category's key is joined with a scope: from its row, or from the key that is being made. Null: destroyed. */
type Join = (scope: ScopeRow) => KeyEntry | null;

const mintJoin = (
  keys: KeyOpener,
  request: OpenRequest,
  category: string,
): Readonly<{ join: Join; made: NewKey }> => {
  const owner = { ref: freshRef(), tenant: request.tenant, subject: request.subject, category };
  const key = freshRandom(KEY_BYTES);
  const join: Join = (row) => {
    const scopeKey = keys.scope(owner, row);
    if (scopeKey === null) return null;
    const entry = new KeyEntry(owner, key, { scope: row.scope, key: scopeKey });
    keys.remember(entry);
    return entry;
  };
  return { join, made: { owner, wrapped: keys.ring.wrap('subject', subjectContext(owner), key) } };
};

const knownJoin = (keys: KeyOpener, request: OpenRequest, category: string, facts: Facts): Join | null => {
  const row = facts.subject(request)?.keys.get(category);
  if (!row) return null;
  const owner = { ref: row.ref, tenant: request.tenant, subject: request.subject, category };
  return (scope) => keys.entry(owner, row.wrapped, scope);
};

type Opening = Readonly<{ keys: KeyOpener; request: OpenRequest; facts: Facts }>;

const joinOf = (opening: Opening, category: string, minted: NewKey[]): Join => {
  const { keys, request, facts } = opening;
  const known = knownJoin(keys, request, category, facts);
  if (known) return known;
  const { join, made } = mintJoin(keys, request, category);
  minted.push(made);
  return join;
};

/** The key of a category joined with one scope. Undefined: what has only scopes of its own has no names. */
const joined = (
  { request, facts }: Opening,
  category: string,
  scope: string,
  join: Join,
): KeyEntry | LacunaError | undefined => {
  const row = facts.scope(request.tenant, category, scope);
  if (row)
    return join(row) ?? new LacunaError('SUBJECT_ERASED', 'the key of this category has been destroyed');
  if (scope === MEMBERSHIP && ownScope(request, category) !== null) return undefined;
  if (request.mint === 'none')
    return new LacunaError('SCOPE_UNKNOWN', 'this category has no key for the membership');
  throw new CameBetween('a scope key is missing');
};

/** The keys of a request that was accepted. A key that it lacks is made: whoever mints nothing was refused before. */
export const openKeys = (keys: KeyOpener, request: OpenRequest, facts: Facts): KeysOpened | LacunaError => {
  const opening = { keys, request, facts };
  const names = new Map<string, KeyEntry>();
  const seals = new Map<string, KeyEntry>();
  const minted: NewKey[] = [];
  for (const category of request.categories) {
    const join = joinOf(opening, category, minted);
    for (const [into, scope] of [
      [names, MEMBERSHIP],
      [seals, ownScope(request, category) ?? MEMBERSHIP],
    ] as const) {
      const entry = joined(opening, category, scope, join);
      if (entry instanceof LacunaError) return entry;
      if (entry) into.set(category, entry);
    }
  }
  return { keys: { names, seals }, minted };
};
