import { localDate } from '@lacuna/domain/policy';
import type { Instant, LocalDate } from '../kernel/index.js';
import { isCalendarDate } from '../validators/index.js';
import type { OccurredAt } from './behaviour.body.js';

/** When it happened, as it was given, and the local day that it belongs to. */
export type Occurred =
  | Readonly<{ kind: 'ok'; occurred: OccurredAt; day: LocalDate }>
  | Readonly<{ kind: 'refused'; code: 'OCCURRED_INVALID' | 'OCCURRED_IN_FUTURE' }>;

/** How far another machine's clock may be ahead of ours. */
const AHEAD_MILLISECONDS = 60_000;

/** RFC 3339: a date and a time with its offset. */
const MOMENT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

const instantOf = (text: string): Instant | null => {
  const [, date] = MOMENT.exec(text) ?? [];
  return date !== undefined && isCalendarDate(date) ? new Date(text).toISOString() : null;
};

const refused = (code: 'OCCURRED_INVALID' | 'OCCURRED_IN_FUTURE'): Occurred => ({ kind: 'refused', code });

/**
 * Day = min(occurred, recorded), local. What is dated a little ahead is taken, but not into tomorrow: sent again after
 * midnight it would belong to another day, be known under no key there, and count twice.
 */
export const readOccurred = (text: string, now: Instant, zone: string): Occurred => {
  const limit = new Date(Date.parse(now) + AHEAD_MILLISECONDS).toISOString();
  const isDate = isCalendarDate(text);
  const occurred = isDate ? text : instantOf(text);
  if (occurred === null) return refused('OCCURRED_INVALID');
  const day = isDate ? occurred : localDate(occurred, zone);
  const isAhead = day > localDate(now, zone) || (!isDate && occurred > limit);
  return isAhead ? refused('OCCURRED_IN_FUTURE') : { kind: 'ok', occurred, day };
};
