import type { Processing, Violation } from '@lacuna/domain/kernel';
import type { Allowed, Denied } from './access.js';
import { decide } from './decide.js';
import type { Cite, Field, PolicyPack } from './pack.js';
import type { CollectAction, Facts } from './vocabulary.js';

export type CollectCode =
  | 'CHANNEL_UNKNOWN'
  | 'PROVENANCE_UNKNOWN'
  | 'PURPOSE_MISSING'
  | 'PURPOSE_UNKNOWN'
  | 'PURPOSE_FORBIDDEN'
  | 'BASIS_WRONG'
  | 'NOTICE_MISSING'
  | 'FIELD_UNKNOWN'
  | 'FIELD_REQUIRED'
  | 'FIELD_ONLY_OTHERWISE'
  | 'FIELD_NOT_FOR_PURPOSE';

/** One fault of a collection: `field` is the field, or the part of the processing (`channel`); `cite` its clause. */
export type CollectViolation = Violation & Readonly<{ code: CollectCode; cite: Cite }>;

export type CollectRequest = Readonly<{
  role: string;
  rolesHeld: readonly string[];
  action: CollectAction;
  processing: Processing;
  fields: readonly string[];
  facts?: Facts;
}>;

export type CollectDecision =
  | Readonly<{ kind: 'allowed'; rules: readonly Cite[]; ruleIds: readonly string[]; policy: string }>
  | Denied
  | Readonly<{ kind: 'refused'; violations: readonly CollectViolation[]; policy: string }>;

const fault = (code: CollectCode, field: string, cite: Cite): CollectViolation => ({
  code,
  field,
  rule: `${code} ${cite}`,
  cite,
});

const given = (text: string | null): boolean => text !== null && text.trim() !== '';

const wayFaults = (pack: PolicyPack, { channel, provenance }: Processing): readonly CollectViolation[] => [
  ...(pack.channels.entries.has(channel) ? [] : [fault('CHANNEL_UNKNOWN', 'channel', pack.channels.cite)]),
  ...(pack.provenance.entries.has(provenance)
    ? []
    : [fault('PROVENANCE_UNKNOWN', 'provenance', pack.provenance.cite)]),
];

const purposeFault = (pack: PolicyPack, name: string, basis: string): CollectViolation | null => {
  const purpose = pack.purposes.get(name);
  if (purpose === undefined) return fault('PURPOSE_UNKNOWN', 'purposes', pack.refusals.purpose);
  if (purpose.basis === 'never') return fault('PURPOSE_FORBIDDEN', 'purposes', purpose.cite);
  return purpose.basis === basis ? null : fault('BASIS_WRONG', 'lawful_basis', purpose.cite);
};

const purposeFaults = (pack: PolicyPack, processing: Processing): readonly CollectViolation[] => {
  const { purposes, lawfulBasis, noticeVersion } = processing;
  if (purposes.length === 0) return [fault('PURPOSE_MISSING', 'purposes', pack.refusals.purpose)];
  const unnoticed = !given(noticeVersion) && purposes.some((name) => pack.notices.before.includes(name));
  return [
    ...purposes.flatMap((name) => purposeFault(pack, name, lawfulBasis) ?? []),
    ...(unnoticed ? [fault('NOTICE_MISSING', 'notice_version', pack.notices.cite)] : []),
  ];
};

/** What is wrong with why and how data is handled, whatever is done with it: every event carries it. */
export const processingFaults = (pack: PolicyPack, processing: Processing): readonly CollectViolation[] => [
  ...wayFaults(pack, processing),
  ...purposeFaults(pack, processing),
];

const fieldFault = (pack: PolicyPack, name: string, request: CollectRequest): CollectViolation | null => {
  const field = pack.fields.get(name);
  if (field === undefined) return fault('FIELD_UNKNOWN', name, pack.refusals.fields);
  if (field.only !== null && field.only !== request.action)
    return fault('FIELD_ONLY_OTHERWISE', name, field.cite);
  return field.purposes.some((purpose) => request.processing.purposes.includes(purpose))
    ? null
    : fault('FIELD_NOT_FOR_PURPOSE', name, pack.refusals.minimum);
};

/** Whether a field must come in by this action: a new member's, or those of the one action a field is kept for. */
const mustCome = (field: Field, action: CollectAction): boolean =>
  field.required && (field.only === null ? action === 'register' : field.only === action);

const fieldFaults = (pack: PolicyPack, request: CollectRequest): readonly CollectViolation[] => {
  const missing = [...pack.fields].filter(
    ([name, field]) => mustCome(field, request.action) && !request.fields.includes(name),
  );
  return [
    ...request.fields.flatMap((name) => fieldFault(pack, name, request) ?? []),
    ...missing.map(([name, field]) => fault('FIELD_REQUIRED', name, field.cite)),
  ];
};

/** Every stated purpose is decided for the fields that serve it: one that the role may not act for refuses the whole. */
const authorise = (pack: PolicyPack, request: CollectRequest): CollectDecision => {
  const { processing, fields, ...actor } = request;
  const allowed: Allowed[] = [];
  for (const purpose of processing.purposes) {
    const serving = fields.filter((name) => pack.fields.get(name)?.purposes.includes(purpose));
    const decision = decide(pack, { ...actor, purpose, fields: serving });
    if (decision.kind === 'denied') return decision;
    allowed.push(decision);
  }
  return {
    kind: 'allowed',
    rules: [...new Set(allowed.flatMap((decision) => decision.rules))],
    ruleIds: [...new Set(allowed.flatMap((decision) => decision.ruleIds))],
    policy: pack.id,
  };
};

/** May these fields come in, this way, for these purposes (R001, R003, R005, R006, R011, R016, R052)? */
export const mayCollect = (pack: PolicyPack, request: CollectRequest): CollectDecision => {
  const violations = [...processingFaults(pack, request.processing), ...fieldFaults(pack, request)];
  return violations.length > 0 ? { kind: 'refused', violations, policy: pack.id } : authorise(pack, request);
};
