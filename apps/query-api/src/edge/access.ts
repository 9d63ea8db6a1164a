import type { Caller } from '@lacuna/application';
import { LacunaError } from '@lacuna/domain/kernel';
import {
  decide,
  type AccessDecision,
  type Allowed,
  type Denied,
  type Facts,
  type PolicyPack,
} from '@lacuna/domain/policy';
import type { QueryPorts } from '../query-api.ports.js';

export const packOf = (packs: ReadonlyMap<string, PolicyPack>, tenant: string): PolicyPack => {
  const pack = packs.get(tenant);
  if (pack === undefined) throw new LacunaError('TENANT_UNKNOWN', 'no policy pack speaks for this tenant');
  return pack;
};

/** A refusal as its caller sees it: why, and by which clauses; nothing about whether the person asked for exists. */
const denial = ({ reason, rules, policy }: Denied): LacunaError =>
  new LacunaError(
    reason === 'PURPOSE_REQUIRED' ? 'PURPOSE_REQUIRED' : 'POLICY_DENIED',
    `${policy} does not allow this: ${[reason, ...rules].join(' ')}`,
  );

type Deciding = Pick<QueryPorts, 'packs' | 'recorder'>;

/** A read of fields: what for, which, and what is known of the case. */
export type AskedRead = Readonly<{ purpose: string; fields: readonly string[]; facts: Facts }>;

/** Whether the data is the caller's own: all that a decision may know of the person. */
export const subjectFact = ({ memberId: own }: Caller, memberId: string | null): Facts => ({
  subject: own !== undefined && own === memberId ? 'self' : 'other',
});

export const decideRead = (
  pack: PolicyPack,
  { role, roles }: Caller,
  { purpose, fields, facts }: AskedRead,
): AccessDecision => decide(pack, { role, rolesHeld: roles, action: 'read', purpose, fields, facts });

/** Decides a read; a refusal is recorded before it is answered, about the member where one is known. */
export const allowReadOrRecord = async (
  { packs, recorder }: Deciding,
  caller: Caller,
  memberId: string | null,
  asked: AskedRead,
): Promise<Allowed> => {
  const decision = decideRead(packOf(packs, caller.tenant), caller, asked);
  if (decision.kind === 'allowed') return decision;
  const { reason, nearestMiss } = decision;
  const { purpose, fields } = asked;
  await recorder.recordDenied({ caller, memberId, purpose, fields, action: 'read', reason, nearestMiss });
  throw denial(decision);
};

/**
 * The fields of one category that a read is about: those asked for, or all that the pack allows. Where it allows none,
 * all of them, so that the refusal says what was looked for.
 */
export const fieldsAsked = (
  pack: PolicyPack,
  caller: Caller,
  category: string,
  asked: AskedRead,
): readonly string[] => {
  if (asked.fields.length > 0) return asked.fields;
  const all = [...pack.fields].filter(([, field]) => field.category === category).map(([name]) => name);
  const allowed = all.filter(
    (name) => decideRead(pack, caller, { ...asked, fields: [name] }).kind === 'allowed',
  );
  return allowed.length > 0 ? allowed : all;
};

/** Decides an action that is about no field; a refusal is recorded before it is answered. */
export const allowOrRecord = async (
  { packs, recorder }: Deciding,
  caller: Caller,
  action: 'audit' | 'status' | 'report' | 'list-activities' | 'subscribe',
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
