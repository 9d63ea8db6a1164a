import { LacunaError, type Processing, type Violation } from '@lacuna/domain/kernel';
import {
  decide,
  mayCollect,
  type Action,
  type CollectAction,
  type Denied,
  type Facts,
  type PolicyPack,
} from '@lacuna/domain/policy';
import type { Caller } from '../caller.js';
import type { Ports } from '../ports.js';

export const packOf = ({ packs }: Pick<Ports, 'packs'>, tenant: string): PolicyPack => {
  const pack = packs.get(tenant);
  if (pack === undefined) throw new LacunaError('TENANT_UNKNOWN', 'no policy pack speaks for this tenant');
  return pack;
};

const denial = ({ reason, fields, rules, policy }: Denied): LacunaError => {
  const places = fields.length > 0 ? fields : ['role'];
  const rule = [reason, ...rules].join(' ');
  const violations: readonly Violation[] = places.map((field) => ({ field, rule }));
  const code = reason === 'PURPOSE_REQUIRED' ? reason : 'POLICY_DENIED';
  return new LacunaError(code, `${policy} does not allow this: ${rule}`, violations);
};

const actorOf = ({ role, roles }: Caller) => ({ role, rolesHeld: roles });

export type Asked<A extends Action> = Readonly<{
  caller: Caller;
  action: A;
  memberId: string | null;
  /** Whose activity it is about; absent where it is about none. */
  activity?: 'own' | 'other';
}>;

const factsOf = ({ caller, memberId, activity }: Asked<Action>): Facts => ({
  ...(memberId === null ? {} : { subject: caller.memberId === memberId ? 'self' : 'other' }),
  ...(activity === undefined ? {} : { activity }),
});

/** Refuses what the pack does not let this caller do to this member, or with this activity (R054). */
export const authorise = (pack: PolicyPack, asked: Asked<Exclude<Action, CollectAction>>): void => {
  const decision = decide(pack, {
    ...actorOf(asked.caller),
    action: asked.action,
    purpose: null,
    fields: [],
    facts: factsOf(asked),
  });
  if (decision.kind === 'denied') throw denial(decision);
};

/** Refuses what the pack does not let this caller take in, this way, for these purposes (R001, R003, R006). */
export const authoriseCollection = (
  pack: PolicyPack,
  asked: Asked<CollectAction>,
  processing: Processing,
  fields: readonly string[],
): void => {
  const decision = mayCollect(pack, {
    ...actorOf(asked.caller),
    action: asked.action,
    processing,
    fields,
    facts: factsOf(asked),
  });
  if (decision.kind === 'denied') throw denial(decision);
  if (decision.kind === 'refused')
    throw new LacunaError(
      'FIELD_INVALID',
      `${decision.policy} does not take this in`,
      decision.violations.map(({ field, rule }) => ({ field, rule })),
    );
};
