import type { AccessRequest } from './access.js';
import { FACT_CASES, factHolds, strictest } from './decision-table.js';
import type { Box, PolicyPack, Rule } from './pack.js';
import { meet, remainder, type Span } from './spans.js';
import { ACTIONS, NO_FIELD, NO_PURPOSE, type Mask } from './vocabulary.js';

export type FindingKind =
  /** An allow and a deny meet: the deny holds. */
  | 'contradiction'
  /** Two allows show one field differently: the stricter mask holds. */
  | 'mask-conflict'
  /** All that the allow allows is denied. */
  | 'unreachable'
  /** Without the rule no decision would change. */
  | 'redundant'
  /** The pack settles what needs no settling. */
  | 'idle-resolution';

export type PackFinding = Readonly<{
  kind: FindingKind;
  /** The rule it is about, then the one it meets. */
  rules: readonly string[];
  cites: readonly string[];
  /** A request that shows it; null: there is none to show. */
  case: AccessRequest | null;
  /** The rule that holds, and the pack's word why; null: the pack does not say. */
  takes: string | null;
  why: string | null;
}>;

/** Dimensions: acting role, one role held, action, purpose, field, case of the facts. */
const spanOf = (rule: Rule, box: Box, roles: readonly [readonly string[], readonly string[]]): Span => [
  ...roles,
  box.actions,
  box.purposes,
  box.fields,
  FACT_CASES.flatMap((known, index) =>
    factHolds(box.when, known, rule.effect === 'deny') ? [String(index)] : [],
  ),
];

/** Where a rule holds. A person always holds the acting role too. */
const reach = (pack: PolicyPack, rule: Rule): readonly Span[] => {
  const all = [...pack.roles.keys()];
  return rule.boxes.flatMap((box) =>
    rule.about === 'acting'
      ? [spanOf(rule, box, [box.roles, all])]
      : [spanOf(rule, box, [all, box.roles]), spanOf(rule, box, [box.roles, all])],
  );
};

/** What others must cover to make a rule superfluous: whoever holds a role acts in some role, not always in that one. */
const core = (pack: PolicyPack, rule: Rule): readonly Span[] => {
  const all = [...pack.roles.keys()];
  return rule.boxes.map((box) =>
    spanOf(rule, box, rule.about === 'acting' ? [box.roles, all] : [all, box.roles]),
  );
};

const requestOf = (span: Span): AccessRequest => {
  const [acting, held, action, purpose, field, facts] = span.map((values) => values[0] ?? '');
  return {
    role: acting ?? '',
    rolesHeld: [...new Set([acting ?? '', held ?? ''])],
    action: ACTIONS.find((candidate) => candidate === action) ?? 'read',
    purpose: purpose === NO_PURPOSE ? null : (purpose ?? null),
    fields: field === NO_FIELD ? [] : [field ?? ''],
    facts: FACT_CASES[Number(facts)] ?? {},
  };
};

const firstMeeting = (ones: readonly Span[], others: readonly Span[]): Span | null => {
  for (const one of ones)
    for (const other of others) {
      const met = meet(one, other);
      if (met !== null) return met;
    }
  return null;
};

const finding = (
  pack: PolicyPack,
  about: Readonly<{ kind: FindingKind; rules: readonly Rule[]; span: Span | undefined; takes?: Rule }>,
): PackFinding => {
  const ids = about.rules.map((rule) => rule.id);
  const takes = about.takes?.id ?? null;
  const settled = pack.resolves.find(
    (resolution) =>
      resolution.takes === takes && ids.every((id) => id === takes || resolution.over.includes(id)),
  );
  return {
    kind: about.kind,
    rules: ids,
    cites: about.rules.map((rule) => rule.cite),
    case: about.span === undefined ? null : requestOf(about.span),
    takes,
    why: settled?.why ?? null,
  };
};

const contradictions = (
  pack: PolicyPack,
  allows: readonly Rule[],
  denies: readonly Rule[],
): readonly PackFinding[] =>
  allows.flatMap((allow) =>
    denies.flatMap((deny) => {
      const span = firstMeeting(reach(pack, allow), reach(pack, deny));
      return span === null
        ? []
        : [finding(pack, { kind: 'contradiction', rules: [allow, deny], span, takes: deny })];
    }),
  );

const maskOf = (pack: PolicyPack, rule: Rule, field: string): Mask =>
  rule.masks.get(field) ?? pack.fields.get(field)?.mask ?? 'clear';

const only = (spans: readonly Span[], dimension: number, keep: (value: string) => boolean): readonly Span[] =>
  spans.map((span) => span.map((values, index) => (index === dimension ? values.filter(keep) : values)));

const ACTION = 2;
const FIELD = 4;

const maskConflict = (pack: PolicyPack, one: Rule, other: Rule): readonly PackFinding[] => {
  const reads = only(reach(pack, one), ACTION, (action) => action === 'read');
  return [...pack.fields.keys()].flatMap((field) => {
    const [mask, otherMask] = [maskOf(pack, one, field), maskOf(pack, other, field)];
    if (mask === otherMask) return [];
    const span = firstMeeting(
      only(reads, FIELD, (name) => name === field),
      reach(pack, other),
    );
    const takes = strictest(mask, otherMask) === mask ? one : other;
    return span === null ? [] : [finding(pack, { kind: 'mask-conflict', rules: [one, other], span, takes })];
  });
};

const maskConflicts = (pack: PolicyPack, allows: readonly Rule[]): readonly PackFinding[] =>
  allows.flatMap((one, index) => allows.slice(index + 1).flatMap((other) => maskConflict(pack, one, other)));

/** What another allow makes of a rule's cells: all but those that it would show more of. */
const replaces = (pack: PolicyPack, rule: Rule, other: Rule): readonly Span[] => {
  const asStrict = (field: string): boolean => {
    const mask = maskOf(pack, other, field);
    return strictest(maskOf(pack, rule, field), mask) === mask;
  };
  const unread = only(reach(pack, other), ACTION, (action) => action !== 'read');
  return [...unread, ...only(reach(pack, other), FIELD, asStrict)];
};

const superfluousAllow = (pack: PolicyPack, rule: Rule, rules: readonly Rule[]): PackFinding | null => {
  const denied = rules.filter((other) => other.effect === 'deny').flatMap((deny) => reach(pack, deny));
  const live = remainder(core(pack, rule), denied);
  if (live.length === 0)
    return finding(pack, { kind: 'unreachable', rules: [rule], span: core(pack, rule)[0] });
  const others = rules.filter((other) => other.effect === 'allow' && other !== rule);
  const left = remainder(
    live,
    others.flatMap((other) => replaces(pack, rule, other)),
  );
  return left.length > 0 ? null : finding(pack, { kind: 'redundant', rules: [rule], span: live[0] });
};

const superfluousDeny = (pack: PolicyPack, rule: Rule, denies: readonly Rule[]): PackFinding | null => {
  const others = denies.filter((other) => other !== rule).flatMap((deny) => reach(pack, deny));
  return remainder(core(pack, rule), others).length > 0
    ? null
    : finding(pack, { kind: 'redundant', rules: [rule], span: core(pack, rule)[0] });
};

const idle = (pack: PolicyPack, met: readonly PackFinding[]): readonly PackFinding[] =>
  pack.resolves.flatMap(({ takes, over, why }) => {
    const needless = over.filter(
      (id) => !met.some((one) => one.takes === takes && one.rules.includes(id) && one.rules.includes(takes)),
    );
    return needless.map((id) => ({
      kind: 'idle-resolution' as const,
      rules: [takes, id],
      cites: [],
      case: null,
      takes,
      why,
    }));
  });

/** What in a pack contradicts itself or does nothing, each with a request that shows it. */
export const checkPack = (pack: PolicyPack): readonly PackFinding[] => {
  const allows = pack.rules.filter((rule) => rule.effect === 'allow');
  const denies = pack.rules.filter((rule) => rule.effect === 'deny');
  const met = [...contradictions(pack, allows, denies), ...maskConflicts(pack, allows)];
  return [
    ...met,
    ...allows.flatMap((rule) => superfluousAllow(pack, rule, pack.rules) ?? []),
    ...denies.flatMap((rule) => superfluousDeny(pack, rule, denies) ?? []),
    ...idle(pack, met),
  ];
};

/** The findings that somebody must still settle: the pack says nothing about them. */
export const openFindings = (pack: PolicyPack): readonly PackFinding[] =>
  checkPack(pack).filter((one) => one.why === null || one.kind === 'idle-resolution');
