import {
  identityCategory,
  identityDecider,
  type IdentityCommand,
  retentionHasEnded,
} from '@lacuna/domain/identity';
import { LacunaError, streamId, type Instant } from '@lacuna/domain/kernel';
import { systemStep } from '../execute/system-step.js';
import type { Ports } from '../ports.js';

export type IdentityRef = Readonly<{ tenant: string; identityId: string; keptUntil: Instant }>;

/** What custody keeps beside the restriction, so that a crash before the event is made good. */
export const identityFacts = ({ keptUntil }: IdentityRef): Readonly<Record<string, string>> => ({
  kind: 'identity-retention',
  keptUntil,
});

/**
 * The law no longer keeps a real-name record: fence, destroy, write down. Each step answers a repeat with what was
 * done first, so that it goes on after a crash between any two.
 */
export const eraseIdentity = async (ports: Ports, ref: IdentityRef): Promise<boolean> => {
  const { tenant, identityId, keptUntil } = ref;
  const now = ports.clock.now();
  if (!retentionHasEnded(now, keptUntil)) throw new LacunaError('ERASURE_RETAINED_BY_LAW');
  const subject = { tenant, subject: identityId };
  await ports.custody.restrict(subject, identityFacts(ref), now);
  const { destroyedAt } = await ports.custody.destroy({
    ...subject,
    categories: [identityCategory],
    derived: [],
    now,
  });
  return systemStep(ports, {
    tenant,
    stream: streamId(tenant, 'identity', identityId),
    requestId: `erase-identity/${identityId}/${keptUntil}`,
    decider: identityDecider,
    command: (context): IdentityCommand => ({
      type: 'EraseIdentity',
      data: { identityId, keptUntil, destroyedAt },
      context,
    }),
  });
};
