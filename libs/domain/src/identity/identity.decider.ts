import {
  accept,
  nothing,
  processingViolations,
  refuse,
  type Command,
  type Decider,
  type Decision,
  type Instant,
  type LocalDate,
  type Sealed,
} from '../kernel/index.js';
import { idNumberRule, nameRule, violationsOf, type FieldRule } from '../validators/index.js';
import type { IdentityEvent } from './identity.events.js';

/** The rule of each field of a real-name identity. */
export const identityFieldRules = { name: nameRule, idNumber: idNumberRule } satisfies Readonly<
  Record<string, FieldRule>
>;

/** `today`: the command's day in the tenant's zone. */
export type VerifyRealName = Command<
  'VerifyRealName',
  { identityId: string; name: string; idNumber: string; today: LocalDate }
>;

/** `keptUntil`: the midnight at which the law lets it go, from the verification and the pack. `destroyedAt`: when custody destroyed the keys. */
export type EraseIdentity = Command<
  'EraseIdentity',
  { identityId: string; keptUntil: Instant; destroyedAt: Instant }
>;

export type IdentityCommand = VerifyRealName | EraseIdentity;

export type Identity = Readonly<{ status: 'absent' | 'verified' | 'erased' }>;

export const initialIdentity: Identity = { status: 'absent' };

/** R078: law keeps it until its end, and not a moment longer; asked before the keys are destroyed, and again when that is recorded. */
export const retentionHasEnded = (at: Instant, keptUntil: Instant): boolean => at >= keptUntil;

/**
 * R001: the one way in for an identity number. Verified once: a decider cannot see whether the values are those of the
 * first time (they are sealed), so another request is refused rather than answered as if it had been recorded;
 * the same request again is recognised before it comes here.
 */
const verify = ({ data, context }: VerifyRealName, identity: Identity): Decision<IdentityEvent<string>> => {
  if (identity.status === 'erased') return refuse('IDENTITY_ERASED');
  if (identity.status === 'verified') return refuse('REAL_NAME_VERIFIED_ALREADY');
  const { identityId, name, idNumber, today } = data;
  const violations = [
    ...processingViolations(context.processing), // R003, R013
    ...violationsOf(identityFieldRules, { name, idNumber }, { today }), // R118
  ];
  if (violations.length > 0) return refuse('FIELD_INVALID', ...violations);
  return accept({ type: 'RealNameVerified', data: { identityId, name, idNumber } });
};

const erase = ({ data }: EraseIdentity, identity: Identity): Decision<IdentityEvent<string>> => {
  if (identity.status === 'absent') return refuse('IDENTITY_NOT_FOUND');
  if (identity.status === 'erased') return nothing();
  const { identityId, keptUntil, destroyedAt } = data;
  if (!retentionHasEnded(destroyedAt, keptUntil)) return refuse('ERASURE_RETAINED_BY_LAW');
  return accept({ type: 'IdentityErased', data: { identityId, destroyedAt } });
};

const decide = (command: IdentityCommand, identity: Identity): Decision<IdentityEvent<string>> =>
  command.type === 'VerifyRealName' ? verify(command, identity) : erase(command, identity);

const evolve = (identity: Identity, event: IdentityEvent<Sealed>): Identity => {
  switch (event.type) {
    case 'RealNameVerified':
      return { status: 'verified' };
    case 'IdentityErased':
      return { status: 'erased' };
    case 'ClaimAbandoned':
      return identity;
  }
};

export const identityDecider: Decider<
  Identity,
  IdentityCommand,
  IdentityEvent<string>,
  IdentityEvent<Sealed>
> = { initialState: initialIdentity, decide, evolve };
