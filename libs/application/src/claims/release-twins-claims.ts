import { isSealed, type Sealed } from '@lacuna/domain/kernel';
import type { ClaimRequest, OpenRequest } from '@lacuna/custody';
import type { NewEvent, RecordedEvent } from '@lacuna/event-store';
import { loadStream } from '../execute/load.js';
import type { Ports } from '../ports.js';
import { valueOf } from './claimed-fields.js';

const differsFrom = async (
  { custody }: Ports,
  tenant: string,
  recorded: RecordedEvent,
  claims: readonly ClaimRequest[],
): Promise<readonly ClaimRequest[]> => {
  const held = claims.map(({ kind }) => valueOf(recorded, kind));
  const sealed = held.filter((value): value is Sealed => isSealed(value));
  const opened = await custody.unseal(tenant, sealed);
  return claims.filter((claim, index) => {
    const value = held[index];
    const found = isSealed(value) ? opened[sealed.indexOf(value)] : undefined;
    return found?.kind !== 'opened' || found.plaintext !== claim.value;
  });
};

/**
 * Two requests of one id at once that say different things: the log has the other one's event, and this one's claims
 * are named after it. What they took beyond the event is freed; what both said stays with the event.
 */
export const releaseTwinsClaims = async (
  ports: Ports,
  request: OpenRequest,
  event: NewEvent,
): Promise<void> => {
  const claims = request.claims ?? [];
  const [first] = claims;
  if (first === undefined) return;
  const { events } = await loadStream(ports.store, first.stream);
  const recorded = events.find(({ id }) => id === event.id);
  if (recorded === undefined || recorded.metadata.payloadDigest === event.metadata.payloadDigest) return;
  const differing = await differsFrom(ports, request.tenant, recorded, claims);
  if (differing.length === 0) return;
  const writer = await ports.custody.open({ ...request, claims: differing });
  await ports.custody.releaseClaims(writer.claims);
};
