import { LacunaError } from '@lacuna/domain/kernel';
import type { OpenClaim } from '../custody.port.js';

export const claimTaken = (kind: string): LacunaError =>
  new LacunaError('CLAIM_TAKEN', `this ${kind} belongs to another holder`, [{ field: kind, rule: 'unique' }]);

export const claimContested = (claim: OpenClaim): LacunaError =>
  new LacunaError(
    'CLAIM_CONTESTED',
    `this ${claim.kind} has an unsettled claim`,
    [{ field: claim.kind, rule: 'unique' }],
    { cause: { claim } },
  );

/** The unsettled claim that a `CLAIM_CONTESTED` is about; null for any other error. */
export const contestedClaim = (error: unknown): OpenClaim | null => {
  if (!(error instanceof LacunaError) || error.code !== 'CLAIM_CONTESTED') return null;
  return (error.cause as { claim: OpenClaim }).claim;
};
