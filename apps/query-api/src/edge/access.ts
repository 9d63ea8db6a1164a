import type { Caller } from '@lacuna/application';
import { LacunaError } from '@lacuna/domain/kernel';
import { decide, type Denied, type PolicyPack } from '@lacuna/domain/policy';
import type { QueryPorts } from '../query-api.ports.js';

export const packOf = (packs: ReadonlyMap<string, PolicyPack>, tenant: string): PolicyPack => {
  const pack = packs.get(tenant);
  if (pack === undefined) throw new LacunaError('TENANT_UNKNOWN', 'no policy pack speaks for this tenant');
  return pack;
};

/** A refusal as its caller sees it: why, and by which clauses; nothing about whether the person asked for exists. */
export const denial = ({ reason, rules, policy }: Denied): LacunaError =>
  new LacunaError(
    reason === 'PURPOSE_REQUIRED' ? 'PURPOSE_REQUIRED' : 'POLICY_DENIED',
    `${policy} does not allow this: ${[reason, ...rules].join(' ')}`,
  );

/** Decides an action that is about no field; a refusal is recorded before it is answered. */
export const allowOrRecord = async (
  { packs, recorder }: Pick<QueryPorts, 'packs' | 'recorder'>,
  caller: Caller,
  action: 'audit' | 'status',
): Promise<void> => {
  const { tenant, role, roles } = caller;
  const decision = decide(packOf(packs, tenant), {
    role,
    rolesHeld: roles,
    action,
    purpose: null,
    fields: [],
  });
  if (decision.kind === 'allowed') return;
  const { reason, nearestMiss } = decision;
  await recorder.recordDenied({
    caller,
    memberId: null,
    purpose: '',
    fields: [],
    action,
    reason,
    nearestMiss,
  });
  throw denial(decision);
};
