import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenRequest } from '../custody.port.js';
import type { Facts, SubjectRow } from './facts.js';

/** What an accepted `open` has to write: nothing, keys of some categories, or the subject as well. */
export type OpenVerdict =
  | Readonly<{ kind: 'refused'; error: LacunaError }>
  | Readonly<{ kind: 'accepted'; create: boolean; missing: readonly string[] }>;

const refused = (code: string, message: string): OpenVerdict => ({
  kind: 'refused',
  error: new LacunaError(code, message),
});

const fenced = (row: SubjectRow | undefined): OpenVerdict | null => {
  switch (row?.state) {
    case undefined:
      return refused('SUBJECT_UNKNOWN', 'custody knows no such subject');
    case 'erased':
      return refused('SUBJECT_ERASED', 'the keys of this subject have been destroyed');
    case 'restricted':
      return refused('SUBJECT_RESTRICTED', 'the data of this subject may not be used');
    case 'live':
      return null;
  }
};

const keysVerdict = (request: OpenRequest, row: SubjectRow): OpenVerdict => {
  const missing = request.categories.filter((category) => !row.keys.has(category));
  if (missing.length > 0 && request.mint === 'none')
    return refused('SUBJECT_UNKNOWN', 'the subject has no key of this category');
  if (request.categories.some((category) => row.keys.get(category)?.wrapped === null))
    return refused('SUBJECT_ERASED', 'the key of this category has been destroyed');
  return { kind: 'accepted', create: false, missing };
};

/** Whether a request may have its keys, from what the fences say at this moment. */
export const judgeOpen = (request: OpenRequest, facts: Facts): OpenVerdict => {
  if (request.requestEpoch !== undefined && request.requestEpoch !== facts.requestEpoch(request.tenant))
    return refused('REQUEST_EPOCH_PAST', 'the request key has changed: ask for the names again');
  for (const subject of request.alsoLive ?? []) {
    const fence = fenced(facts.subject({ tenant: request.tenant, subject }));
    if (fence) return fence;
  }
  const row = facts.subject(request);
  if (row === undefined && request.mint === 'subject')
    return { kind: 'accepted', create: true, missing: request.categories };
  return fenced(row) ?? (row ? keysVerdict(request, row) : refused('SUBJECT_UNKNOWN', 'no such subject'));
};
