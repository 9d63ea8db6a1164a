import type { Cite } from './pack.js';
import type { Action, Facts, Mask } from './vocabulary.js';

/** May this actor do this, for this purpose, to these fields? */
export type AccessRequest = Readonly<{
  /** The one role the actor acts in. */
  role: string;
  /** All roles the actor holds, the acting one among them. */
  rolesHeld: readonly string[];
  action: Action;
  /** Null: none was given. An action on fields needs one. */
  purpose: string | null;
  /** Empty for `read`: all that the pack lets this role see for this purpose. */
  fields: readonly string[];
  /** What is known of the case; what is left out is unknown. */
  facts?: Facts;
}>;

export type AllowedField = Readonly<{ name: string; mask: Mask }>;

export type DenialReason =
  | 'ROLE_UNKNOWN'
  | 'ROLE_NOT_HELD'
  | 'PURPOSE_REQUIRED'
  | 'PURPOSE_UNKNOWN'
  | 'FIELD_UNKNOWN'
  | 'FIELD_REQUIRED'
  | 'DENIED_BY_RULE'
  | 'NOT_ALLOWED';

export type Allowed = Readonly<{
  kind: 'allowed';
  fields: readonly AllowedField[];
  /** The clauses of every rule that decided. */
  rules: readonly Cite[];
  /** The same rules by their place in the pack. */
  ruleIds: readonly string[];
  /** Approvals that decided; none are asked for yet. */
  approvals: readonly string[];
  /** `car-club@1` (R105). */
  policy: string;
}>;

export type Denied = Readonly<{
  kind: 'denied';
  reason: DenialReason;
  /** The fields at fault. For `FIELD_UNKNOWN` these are the caller's own words: an answer may hold them, no log and no event. */
  fields: readonly string[];
  rules: readonly Cite[];
  ruleIds: readonly string[];
  /** The allow that came closest and what it lacked: `matrix.customer-service.service: role, purpose`. */
  nearestMiss: string | null;
  policy: string;
}>;

export type AccessDecision = Allowed | Denied;
