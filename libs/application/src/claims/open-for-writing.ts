import { hasCode } from '@lacuna/domain/kernel';
import { contestedClaim, type OpenRequest, type SubjectWriter } from '@lacuna/custody';
import { MovedOn } from '../execute/attempts.js';
import type { Ports } from '../ports.js';
import { settleClaim } from './settle-claim.process.js';

/**
 * Opens keys for one append. Somebody else's open claim is settled from the log first, and a request key that
 * has just been replaced asks for names again: both go back to the one loop that tries again.
 */
export const claimsSettled = async <Keys>(ports: Ports, open: () => Promise<Keys>): Promise<Keys> => {
  try {
    return await open();
  } catch (error) {
    const contested = contestedClaim(error);
    if (contested !== null) {
      await settleClaim(ports, contested);
      throw new MovedOn('CLAIM_CONTESTED');
    }
    if (hasCode(error, 'REQUEST_EPOCH_PAST')) throw new MovedOn('REQUEST_EPOCH_PAST');
    throw error;
  }
};

export const openForWriting = (ports: Ports, request: OpenRequest): Promise<SubjectWriter> =>
  claimsSettled(ports, () => ports.custody.open(request));
