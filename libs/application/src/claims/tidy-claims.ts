import { isSealed, type Sealed } from '@lacuna/domain/kernel';
import type { ClaimRequest, OpenRequest } from '@lacuna/custody';
import type { RecordedEvent } from '@lacuna/event-store';
import { loadStream } from '../execute/load.js';
import type { Ports } from '../ports.js';
import { holds, valueOf } from './claimed-fields.js';

/** The claims whose value is not the one that the event in the log has sealed. */
const differing = async (
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
 * A request that was in the log already has made its claims once more. Where they are of values that its event does
 * not hold (a twin of the same id said something else, a correction has come since) they are freed; the others
 * belong to the event. What is confirmed belongs to whoever confirmed it.
 */
export const tidyClaims = async (ports: Ports, request: OpenRequest, eventId: string): Promise<void> => {
  const { custody, store } = ports;
  const claims = request.claims ?? [];
  const [first] = claims;
  if (first === undefined) return;
  const { events } = await loadStream(store, first.stream);
  const recorded = events.find(({ id }) => id === eventId);
  if (recorded === undefined) return;
  const wrong = await differing(ports, request.tenant, recorded, claims);
  const stale = claims.filter((claim) => wrong.includes(claim) || !holds(events, claim));
  if (stale.length === 0) return;
  const { claims: own } = await custody.open({ ...request, claims: stale });
  const confirmed = await Promise.all(stale.map(({ kind }) => custody.claimsOf(request, kind)));
  await custody.releaseClaims(own.filter((id) => !confirmed.flat().includes(id)));
};
