import { randomUUID } from 'node:crypto';
import { claimAbandoned } from '@lacuna/domain/claim';
import type { OpenClaim } from '@lacuna/custody';
import { loadStream } from '../execute/load.js';
import { toStored } from '../execute/write.js';
import type { Ports } from '../ports.js';
import { systemMetadata } from '../execute/frame.js';
import { holds } from './claimed-fields.js';

/**
 * Settles a claim that was left open: whoever made it may be dead, or only slow. `ClaimAbandoned` is appended at the
 * very revision its append would have used. If that wins, the append can never come and the value is free. If it
 * conflicts, the stream says who was first: the claim's event holds the value, or it never will.
 * Safe to repeat and to run twice at once.
 */
export const settleClaim = async (ports: Ports, claim: OpenClaim): Promise<'confirmed' | 'released'> => {
  const result = await ports.store.append({
    stream: claim.stream,
    expected: claim.expected,
    events: [
      toStored(
        claimAbandoned(claim.kind, claim.eventId),
        randomUUID(),
        systemMetadata(ports, claim.tenant),
        null,
      ),
    ],
    now: ports.clock.now(),
  });
  if (result.kind === 'conflict' && holds((await loadStream(ports.store, claim.stream)).events, claim)) {
    await ports.custody.confirmClaims([claim.id]);
    return 'confirmed';
  }
  await ports.custody.releaseClaims([claim.id]);
  return 'released';
};
