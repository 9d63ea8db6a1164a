import type { OpenRequest } from '../custody.port.js';
import type { ScopedRequest } from '../scopes.port.js';
import { PARTICIPANT } from './scope-destruction.js';

/**
 * The claim by which a participant id finds its holder. It is sealed under the person's key within the scope, so that
 * it cannot be computed anew, and goes, once one of them is destroyed.
 */
export const participantRequest = (
  { tenant, subject, category, scope, now }: ScopedRequest,
  { id, ...place }: NonNullable<ScopedRequest['participant']>,
): OpenRequest => ({
  tenant,
  subject,
  categories: [category],
  mint: 'none',
  scopes: { [category]: scope },
  claims: [{ kind: PARTICIPANT, value: id, ...place }],
  now,
});
