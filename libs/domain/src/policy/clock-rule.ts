import { Temporal } from 'temporal-polyfill';
import type { Instant, LocalDate } from '@lacuna/domain/kernel';

/**
 * How a due time follows from its anchor (domain.md, section 5):
 * `within` and `at` are the last moment in time, `end-of-day` the last millisecond of the anchor's day;
 * `ceiling` is gone by the midnight that begins day + period, `keep` at the midnight that ends it.
 */
export type ClockRule =
  | Readonly<{ kind: 'within'; period: string }>
  | Readonly<{ kind: 'at'; time: string }>
  | Readonly<{ kind: 'end-of-day' }>
  | Readonly<{ kind: 'ceiling'; period: string }>
  | Readonly<{ kind: 'keep'; period: string }>;

export const toInstant = (moment: Temporal.Instant | Temporal.ZonedDateTime): Instant =>
  (moment instanceof Temporal.ZonedDateTime ? moment.toInstant() : moment).toString({
    smallestUnit: 'millisecond',
  });

const later = (instant: Instant, milliseconds: number): Instant =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

const EXACT = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/;

/** Hours, minutes and seconds are the same everywhere, days are not; null: a period with days in it. */
const exactMilliseconds = (period: string): number | null => {
  const [all, hours = 0, minutes = 0, seconds = 0] = EXACT.exec(period) ?? [];
  return all === undefined ? null : ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
};

const inZone = (instant: Instant, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(zone);

/** The first local `time` after the anchor, the anchor itself not counted. */
const nextAt = (local: Temporal.ZonedDateTime, time: string): Temporal.ZonedDateTime => {
  const today = local.withPlainTime(time);
  return Temporal.ZonedDateTime.compare(today, local) > 0
    ? today
    : local.add({ days: 1 }).withPlainTime(time);
};

const dueInZone = (rule: ClockRule, anchor: Instant, zone: string): Instant => {
  const local = inZone(anchor, zone);
  const day = local.toPlainDate();
  switch (rule.kind) {
    case 'within':
      return toInstant(local.add(rule.period));
    case 'at':
      return toInstant(nextAt(local, rule.time));
    case 'end-of-day':
      return toInstant(day.add({ days: 1 }).toZonedDateTime(zone).subtract({ milliseconds: 1 }));
    case 'ceiling':
      return toInstant(day.add(rule.period).toZonedDateTime(zone));
    case 'keep':
      return toInstant(day.add(rule.period).add({ days: 1 }).toZonedDateTime(zone));
  }
};

/** A deadline of some hours is counted without its calendar: it is asked for with every command that starts one. */
export const dueAt = (rule: ClockRule, anchor: Instant, zone: string): Instant => {
  const exact = rule.kind === 'within' ? exactMilliseconds(rule.period) : null;
  return exact === null ? dueInZone(rule, anchor, zone) : later(anchor, exact);
};

/** Both at once, `dueAt` being the dearer half. */
export const dueAndFires = (
  rule: ClockRule,
  anchor: Instant,
  zone: string,
): Readonly<{ dueAt: Instant; firesAt: Instant }> => {
  const due = dueAt(rule, anchor, zone);
  const retention = rule.kind === 'ceiling' || rule.kind === 'keep';
  return { dueAt: due, firesAt: retention ? due : later(due, 1) };
};

/** When something must happen by itself: the first millisecond past a limit that still counts, or the midnight of a retention. */
export const firesAt = (rule: ClockRule, anchor: Instant, zone: string): Instant =>
  dueAndFires(rule, anchor, zone).firesAt;

const MOST_REMEMBERED = 64;
const remembered = new Map<string, LocalDate>();

/** The last answers are remembered: one moment is asked about for each of many records. */
export const localDate = (instant: Instant, zone: string): LocalDate => {
  const question = `${zone} ${instant}`;
  const known = remembered.get(question);
  if (known !== undefined) return known;
  const date = inZone(instant, zone).toPlainDate().toString();
  if (remembered.size === MOST_REMEMBERED) remembered.clear();
  remembered.set(question, date);
  return date;
};
