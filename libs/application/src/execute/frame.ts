import {
  LacunaError,
  type Actor,
  type CommandContext,
  type EventMetadata,
  type Processing,
} from '@lacuna/domain/kernel';
import type { Caller, RequestFrame } from '../caller.js';
import type { Ports } from '../ports.js';
import { packOf } from '../policy/gate.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The member a request is about: the one it names, or the caller's own; a name that can be no member's is nobody's. */
export const memberOf = (caller: Caller, named: string): string => {
  const memberId = named === '' ? (caller.memberId ?? '') : named;
  if (memberId === '')
    throw new LacunaError('FIELD_INVALID', 'no member is named', [{ field: 'memberId', rule: 'required' }]);
  if (!UUID.test(memberId)) throw new LacunaError('MEMBER_NOT_FOUND');
  return memberId;
};

/** A self-service member is the constant `subject`: who it is stands in the stream's own keys, not in clear. */
const actorOf = ({ actorId, role, memberId }: Caller): Actor => ({
  id: memberId === undefined ? actorId : 'subject',
  role,
});

export const contextOf = (ports: Ports, { caller, processing }: RequestFrame): CommandContext => ({
  tenant: caller.tenant,
  at: ports.clock.now(),
  actor: actorOf(caller),
  processing,
});

export const metadataOf = (ports: Ports, context: CommandContext): EventMetadata => ({
  tenant: context.tenant,
  occurredAt: context.at,
  actor: context.actor,
  processing: context.processing,
  policy: packOf(ports, context.tenant).id,
});

/** How the system itself acts: no person asked for it, the pack and the clock did. */
const BY_ITSELF: Processing = {
  channel: 'system',
  lawfulBasis: 'law',
  purposes: ['upkeep'],
  noticeVersion: null,
  provenance: 'system',
};

export const systemContext = (ports: Ports, tenant: string): CommandContext => ({
  tenant,
  at: ports.clock.now(),
  actor: { id: 'system', role: 'system' },
  processing: BY_ITSELF,
});

/** `causedBy`: the id of the event that is answered. */
export const systemMetadata = (ports: Ports, tenant: string, causedBy?: string): EventMetadata => {
  const { at, actor, processing } = systemContext(ports, tenant);
  const policy = ports.packs.get(tenant)?.id ?? 'system';
  return { tenant, occurredAt: at, actor, processing, policy, ...(causedBy ? { causedBy } : {}) };
};
