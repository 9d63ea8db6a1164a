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

const inZone = (instant: Instant, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(zone);

/** The first local `time` after the anchor, the anchor itself not counted. */
const nextAt = (local: Temporal.ZonedDateTime, time: string): Temporal.ZonedDateTime => {
  const today = local.withPlainTime(time);
  return Temporal.ZonedDateTime.compare(today, local) > 0
    ? today
    : local.add({ days: 1 }).withPlainTime(time);
};

export const dueAt = (rule: ClockRule, anchor: Instant, zone: string): Instant => {
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

/** When something must happen by itself: the first millisecond past a limit that still counts, or the midnight of a retention. */
export const firesAt = (rule: ClockRule, anchor: Instant, zone: string): Instant => {
  const due = dueAt(rule, anchor, zone);
  const retention = rule.kind === 'ceiling' || rule.kind === 'keep';
  return retention ? due : toInstant(Temporal.Instant.from(due).add({ milliseconds: 1 }));
};

export const localDate = (instant: Instant, zone: string): LocalDate =>
  inZone(instant, zone).toPlainDate().toString();
