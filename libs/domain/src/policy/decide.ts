import type { AccessDecision, AccessRequest, AllowedField, DenialReason, Denied } from './access.js';
import { cellAt, factCase, rowAt, tableOf, type Cell, type DecisionTable } from './decision-table.js';
import { nearestMiss } from './nearest-miss.js';
import type { Cite, PolicyPack, Rule } from './pack.js';
import { FIELD_ACTIONS, NO_FIELD, NO_PURPOSE, type Action } from './vocabulary.js';

type Fault = Readonly<{ reason: DenialReason; fields: readonly string[]; cite: Cite }>;

type Seen = Readonly<{ field: string; acting: Cell; denies: readonly Rule[] }>;

const onFields = (action: Action): boolean => FIELD_ACTIONS.some((candidate) => candidate === action);

const distinct = <Item>(items: readonly Item[]): readonly Item[] => [...new Set(items)];

const roleFault = (pack: PolicyPack, request: AccessRequest): Fault | null => {
  const cite = pack.refusals.absent;
  if (!pack.roles.has(request.role)) return { reason: 'ROLE_UNKNOWN', fields: [], cite };
  if (!request.rolesHeld.includes(request.role)) return { reason: 'ROLE_NOT_HELD', fields: [], cite };
  return null;
};

const purposeFault = (pack: PolicyPack, request: AccessRequest): Fault | null => {
  const cite = pack.refusals.purpose;
  const given = request.purpose !== null && request.purpose !== '';
  if (!given && onFields(request.action)) return { reason: 'PURPOSE_REQUIRED', fields: [], cite };
  if (given && !pack.purposes.has(request.purpose)) return { reason: 'PURPOSE_UNKNOWN', fields: [], cite };
  return null;
};

const fieldFault = (pack: PolicyPack, request: AccessRequest): Fault | null => {
  const fields = request.fields.filter((field) => !onFields(request.action) || !pack.fields.has(field));
  if (fields.length > 0) return { reason: 'FIELD_UNKNOWN', fields, cite: pack.refusals.fields };
  if (request.fields.length === 0 && onFields(request.action) && request.action !== 'read')
    return { reason: 'FIELD_REQUIRED', fields: [], cite: pack.refusals.minimum };
  return null;
};

const denied = (
  pack: PolicyPack,
  request: AccessRequest,
  why: Readonly<{ reason: DenialReason; fields: readonly string[]; rules: readonly Rule[]; cite?: Cite }>,
): Denied => ({
  kind: 'denied',
  reason: why.reason,
  fields: why.fields,
  rules: distinct([...why.rules.map((rule) => rule.cite), ...(why.cite === undefined ? [] : [why.cite])]),
  ruleIds: distinct(why.rules.map((rule) => rule.id)),
  nearestMiss:
    why.reason === 'DENIED_BY_RULE'
      ? null
      : nearestMiss(pack, request, why.fields[0] ?? request.fields[0] ?? asked(pack, request)[0] ?? NO_FIELD),
  policy: pack.id,
});

const lookup = (table: DecisionTable, request: AccessRequest, fields: readonly string[]): readonly Seen[] => {
  const place = {
    action: request.action,
    purpose: request.purpose ?? NO_PURPOSE,
    facts: factCase(request.facts ?? {}),
  };
  const acting = rowAt(table, { ...place, role: request.role });
  const held = request.rolesHeld.map((role) => rowAt(table, { ...place, role })).filter((row) => row >= 0);
  return fields.map((field) => {
    const column = table.fields.get(field) ?? 0;
    const cell = acting < 0 ? cellAt([], 0) : cellAt(table.acting, acting + column);
    const about = held.flatMap((row) => cellAt(table.person, row + column).denies);
    return { field, acting: cell, denies: about.length === 0 ? cell.denies : [...cell.denies, ...about] };
  });
};

const allows = (seen: Seen): boolean => seen.denies.length === 0 && seen.acting.allows.length > 0;

const refuse = (pack: PolicyPack, request: AccessRequest, refused: readonly Seen[]): Denied => {
  const rules = refused.flatMap((seen) => seen.denies);
  const fields = refused.map((seen) => seen.field).filter((field) => field !== NO_FIELD);
  return rules.length > 0
    ? denied(pack, request, { reason: 'DENIED_BY_RULE', fields, rules })
    : denied(pack, request, { reason: 'NOT_ALLOWED', fields, rules: [], cite: pack.refusals.absent });
};

/** The fields a request is about: its own, every field of the pack for an open read, or the one place without a field. */
const asked = (pack: PolicyPack, request: AccessRequest): readonly string[] => {
  if (!onFields(request.action)) return [NO_FIELD];
  return request.fields.length > 0 ? distinct(request.fields) : [...pack.fields.keys()];
};

/**
 * The decision (R048, R050-R052, R054, R055): a deny wins whatever the order, what is absent is denied, and a request
 * that names a field it may not have gets none. Total: every request has an answer, unknown words are refusals.
 */
export const decide = (pack: PolicyPack, request: AccessRequest): AccessDecision => {
  const fault = roleFault(pack, request) ?? purposeFault(pack, request) ?? fieldFault(pack, request);
  if (fault !== null) return denied(pack, request, { ...fault, rules: [] });
  const seen = lookup(tableOf(pack), request, asked(pack, request));
  const granted = seen.filter(allows);
  const openRead = request.action === 'read' && request.fields.length === 0;
  if (granted.length === 0 || (!openRead && granted.length < seen.length))
    return refuse(
      pack,
      request,
      seen.filter((one) => !allows(one)),
    );
  const rules = distinct(granted.flatMap((one) => one.acting.allows));
  return {
    kind: 'allowed',
    fields: granted.filter((one) => one.field !== NO_FIELD).map((one) => shown(one, request.action)),
    rules: distinct(rules.map((rule) => rule.cite)),
    ruleIds: rules.map((rule) => rule.id),
    approvals: [],
    policy: pack.id,
  };
};

/** A mask is for who reads: what comes in comes in whole. */
const shown = (seen: Seen, action: Action): AllowedField => ({
  name: seen.field,
  mask: action === 'read' ? seen.acting.mask : 'clear',
});
