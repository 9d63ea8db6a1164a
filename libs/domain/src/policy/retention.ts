import { LacunaError, type Instant, type LocalDate, type Violation } from '@lacuna/domain/kernel';
import { Temporal } from 'temporal-polyfill';
import { dueAndFires, dueAt, localDate, toInstant } from './clock-rule.js';
import type { Category, Cite, Deadline, PolicyPack, Retention } from './pack.js';

/** `dueAt` is the last moment in time; `firesAt` the first one past it, when it is reported. */
export type Due = Readonly<{ dueAt: Instant; firesAt: Instant; cite: Cite }>;

const deadlineOf = (pack: PolicyPack, name: string): Deadline => {
  const deadline = pack.deadlines.get(name);
  if (deadline === undefined)
    throw new LacunaError('DEADLINE_UNKNOWN', `${pack.id} has no deadline "${name}"`);
  return deadline;
};

/** When what was asked for at `anchor` must be done (R072). */
export const dueOf = (pack: PolicyPack, deadline: string, anchor: Instant): Due => {
  const { rule, cite } = deadlineOf(pack, deadline);
  return { ...dueAndFires(rule, anchor, pack.zone), cite };
};

/** The nightly run that follows `after`; one at that very moment has been. */
export const nextNightlyRun = (pack: PolicyPack, after: Instant): Instant =>
  dueAt(pack.nightly.rule, after, pack.zone);

/** The rule by which a category ends; `RETENTION_UNKNOWN` for one that the pack does not name (R023, R044). */
export const retentionOf = (pack: PolicyPack, category: string): Retention => {
  const retention = pack.categories.get(category)?.retention;
  if (retention === undefined)
    throw new LacunaError('RETENTION_UNKNOWN', `${pack.id} has no category "${category}"`);
  return retention;
};

/** When a category goes by itself, counted from its own anchor; null: as long as the membership. */
export const retentionEnd = (pack: PolicyPack, category: string, anchor: Instant): Instant | null => {
  const retention = retentionOf(pack, category);
  return retention.kind === 'membership' ? null : dueAt(retention.rule, anchor, pack.zone);
};

/** What one scope key of a category covers: a person's data that end together are sealed under one. */
export type ScopeKind = 'membership' | 'day' | 'month' | 'activity';

export const scopeKind = (pack: PolicyPack, category: string): ScopeKind => {
  const retention = retentionOf(pack, category);
  if (retention.kind === 'membership') return 'membership';
  switch (retention.from) {
    case 'day':
      return 'day';
    case 'ActivityEnded':
      return 'activity';
    case 'PersonalDataRead':
      return 'month';
    case 'RealNameVerified':
      return 'membership';
  }
};

const startOf = (pack: PolicyPack, day: LocalDate): Temporal.ZonedDateTime =>
  Temporal.PlainDate.from(day).toZonedDateTime(pack.zone);

/** Local midnight that begins a day: the only time that behaviour shows (design: nothing finer than the day). */
export const startOfDay = (pack: PolicyPack, day: LocalDate): Instant => toInstant(startOf(pack, day));

/** When all of a local day must be gone (R041); `RETENTION_UNKNOWN` for a category that no clock ends. */
export const dayEnd = (pack: PolicyPack, category: string, day: LocalDate): Instant => {
  const end = retentionEnd(pack, category, startOfDay(pack, day));
  if (end === null) throw new LacunaError('RETENTION_UNKNOWN', `${pack.id}: no clock ends "${category}"`);
  return end;
};

/**
 * Whether a day's window has closed for recording, judged by date alone: from the nightly run on that must destroy its
 * key, the last one before its end. What comes later is counted only, and corrections are refused (R041).
 */
export const isDayClosed = (pack: PolicyPack, category: string, day: LocalDate, now: Instant): boolean =>
  dayEnd(pack, category, day) <= nextNightlyRun(pack, now);

const addDays = (day: LocalDate, days: number): LocalDate =>
  Temporal.PlainDate.from(day).add({ days }).toString();

/** The period back from a day: near the day whose end that is, but for months of different lengths. */
const periodBefore = (pack: PolicyPack, category: string, day: LocalDate): LocalDate => {
  const retention = retentionOf(pack, category);
  const rule = retention.kind === 'clock' ? retention.rule : null;
  const period = rule?.kind === 'keep' || rule?.kind === 'ceiling' ? rule.period : 'P0D';
  return Temporal.PlainDate.from(day).subtract(period).toString();
};

/** The newest day whose window has closed: custody mints nothing up to it. */
export const lastClosedDay = (pack: PolicyPack, category: string, now: Instant): LocalDate => {
  const run = nextNightlyRun(pack, now);
  const isClosed = (day: LocalDate): boolean => dayEnd(pack, category, day) <= run;
  let day = periodBefore(pack, category, localDate(run, pack.zone));
  while (!isClosed(day)) day = addDays(day, -1);
  while (isClosed(addDays(day, 1))) day = addDays(day, 1);
  return day;
};

/** The days whose window is open, the oldest first and today's last. */
export const liveDays = (pack: PolicyPack, category: string, now: Instant): readonly LocalDate[] => {
  const today = localDate(now, pack.zone);
  const days: LocalDate[] = [];
  for (let day = addDays(lastClosedDay(pack, category, now), 1); day <= today; day = addDays(day, 1))
    days.push(day);
  return days;
};

/** The local date of the nightly run that will count what is recorded now: the name of its night key. */
export const nightOf = (pack: PolicyPack, now: Instant): LocalDate =>
  localDate(nextNightlyRun(pack, now), pack.zone);

/** What an erasure does to a category (R047). */
export type ErasureOutcome = 'erase' | 'anonymise' | 'retain';

export type ErasureItem = Readonly<{
  category: string;
  outcome: ErasureOutcome;
  /** The hold of the pack that keeps it; null for what goes. */
  basis: string | null;
  /** When what stays goes by itself; null: not known from the pack and the anchors given. */
  until: Instant | null;
  cite: Cite;
}>;

/** When the retention of a category began, by category. Only the caller can know it. */
export type Anchors = Readonly<Record<string, Instant>>;

/** The choice between deleting and anonymising is the pack's, and what it cites is the reason (R047). */
const freed = (pack: PolicyPack, category: string, { retention, cite }: Category): ErasureItem =>
  retention.kind === 'clock' && retention.then === 'anonymise'
    ? { category, outcome: 'anonymise', basis: null, until: null, cite }
    : { category, outcome: 'erase', basis: null, until: null, cite: pack.erasure.cite };

/** What an erasure destroys and what it leaves, per category, in the order of the pack (R047, R077, R078). */
export const erasurePlan = (pack: PolicyPack, anchors: Anchors = {}): readonly ErasureItem[] =>
  [...pack.categories].map(([name, category]) => {
    const { hold, cite } = category;
    if (hold === null) return freed(pack, name, category);
    const anchor = anchors[name];
    const until = anchor === undefined ? null : retentionEnd(pack, name, anchor);
    return {
      category: name,
      outcome: 'retain',
      basis: hold,
      until,
      cite: pack.holds.get(hold)?.cite ?? cite,
    };
  });

export type ErasureScope =
  | Readonly<{ kind: 'allowed'; categories: readonly string[] }>
  | Readonly<{
      kind: 'refused';
      code: 'FIELD_INVALID' | 'ERASURE_RETAINED_BY_LAW';
      violations: readonly Violation[];
    }>;

const unknownParts = (
  pack: PolicyPack,
  reason: string,
  categories: readonly string[],
): readonly Violation[] => [
  ...(pack.erasure.reasons.has(reason)
    ? []
    : [{ field: 'reason', rule: `REASON_UNKNOWN ${pack.erasure.cite}` }]),
  ...categories
    .filter((name) => !pack.categories.has(name))
    .map(() => ({ field: 'categories', rule: `CATEGORY_UNKNOWN ${pack.erasure.cite}` })),
];

/** The categories an erasure takes: those asked for, or all that no law holds. Asking for a held one is refused (R078). */
export const erasureScope = (
  pack: PolicyPack,
  request: Readonly<{ reason: string; categories: readonly string[] }>,
): ErasureScope => {
  const unknown = unknownParts(pack, request.reason, request.categories);
  if (unknown.length > 0) return { kind: 'refused', code: 'FIELD_INVALID', violations: unknown };
  const plan = erasurePlan(pack);
  const held = plan.filter((item) => item.outcome === 'retain' && request.categories.includes(item.category));
  if (held.length > 0)
    return {
      kind: 'refused',
      code: 'ERASURE_RETAINED_BY_LAW',
      violations: held.map((item) => ({ field: item.category, rule: item.cite })),
    };
  const free = plan.filter((item) => item.outcome !== 'retain').map((item) => item.category);
  return { kind: 'allowed', categories: request.categories.length > 0 ? request.categories : free };
};
