import type { Restriction } from '@lacuna/custody';
import { eraseIdentity } from '../identity/erase-identity.process.js';
import type { Ports } from '../ports.js';
import { recordRestriction } from './record-restriction.js';

/** A restriction whose event a crash cut off: what it was made for is in it, and is done now. */
export const completeRestriction = async (ports: Ports, restriction: Restriction): Promise<void> => {
  const { tenant, subject, request } = restriction;
  const keptUntil = request['keptUntil'];
  if (keptUntil === undefined) return recordRestriction(ports, restriction);
  await eraseIdentity(ports, { tenant, identityId: subject, keptUntil });
};
