import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest } from '../custody.port.js';
import { ownScope } from './asked.js';
import type { Facts, ScopeRow, SubjectRow } from './facts.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';

/** What an accepted `open` has to write: nothing, keys of some categories, or the subject as well. */
export type OpenVerdict =
  | Readonly<{ kind: 'refused'; error: LacunaError }>
  | Readonly<{ kind: 'accepted'; create: boolean; missing: readonly string[] }>;

const refusal = (code: string, message: string): LacunaError => new LacunaError(code, message);

const refused = (error: LacunaError): OpenVerdict => ({ kind: 'refused', error });

/** What the subject's fence says; null: go on. */
export const fenceOf = (state: SubjectRow['state'] | null | undefined): LacunaError | null => {
  switch (state) {
    case null:
    case undefined:
      return refusal('SUBJECT_UNKNOWN', 'custody knows no such subject');
    case 'erased':
      return refusal('SUBJECT_ERASED', 'the keys of this subject have been destroyed');
    case 'restricted':
      return refusal('SUBJECT_RESTRICTED', 'the data of this subject may not be used');
    case 'live':
      return null;
  }
};

/** What is wrong with a scope: destroyed, never made, or (where one was to be made) never to be made. */
export const scopeFault = (
  row: Pick<ScopeRow, 'wrapped'> | undefined,
  minted: boolean,
): LacunaError | null => {
  if (row ? row.wrapped === null : minted)
    return refusal('SCOPE_CLOSED', 'the keys of this scope have been destroyed, or are never made any more');
  return row ? null : refusal('SCOPE_UNKNOWN', 'this scope has no key');
};

const keysVerdict = (request: OpenRequest, row: SubjectRow): OpenVerdict => {
  const missing = request.categories.filter((category) => !row.keys.has(category));
  if (missing.length > 0 && request.mint === 'none')
    return refused(refusal('SUBJECT_UNKNOWN', 'the subject has no key of this category'));
  if (request.categories.some((category) => row.keys.get(category)?.wrapped === null))
    return refused(refusal('SUBJECT_ERASED', 'the key of this category has been destroyed'));
  return { kind: 'accepted', create: false, missing };
};

const fencesOf = (request: OpenRequest, facts: Facts): LacunaError | null => {
  if (request.requestEpoch !== undefined && request.requestEpoch !== facts.requestEpoch(request.tenant))
    return refusal('REQUEST_EPOCH_PAST', 'the request key has changed: ask for the names again');
  for (const subject of request.alsoLive ?? []) {
    const fence = fenceOf(facts.subject({ tenant: request.tenant, subject })?.state);
    if (fence) return fence;
  }
  return null;
};

const scopesFault = (request: OpenRequest, facts: Facts): LacunaError | null => {
  for (const category of request.categories) {
    const scope = ownScope(request, category) ?? MEMBERSHIP;
    if (scope === MEMBERSHIP) continue;
    const fault = scopeFault(facts.scope(request.tenant, category, scope), request.mint !== 'none');
    if (fault) return fault;
  }
  return null;
};

/** Whether a request may have its keys, from what the fences say at this moment. */
export const judgeOpen = (request: OpenRequest, facts: Facts): OpenVerdict => {
  const row = facts.subject(request);
  const create = row === undefined && request.mint === 'subject';
  const fault =
    fencesOf(request, facts) ?? (create ? null : fenceOf(row?.state)) ?? scopesFault(request, facts);
  if (fault) return refused(fault);
  return row ? keysVerdict(request, row) : { kind: 'accepted', create, missing: request.categories };
};
