import type { Instant, LocalDate } from '@lacuna/domain/kernel';
import { isDayClosed, lastClosedDay, localDate, scopeKind, type PolicyPack } from '@lacuna/domain/policy';
import { Temporal } from 'temporal-polyfill';

/** A category whose data end together by the calendar: by local day, or by month. */
export type CalendarCategory = Readonly<{ category: string; kind: 'day' | 'month' }>;

export const calendarCategories = (pack: PolicyPack): readonly CalendarCategory[] =>
  [...pack.categories.keys()].flatMap((category) => {
    const kind = scopeKind(pack, category);
    return kind === 'day' || kind === 'month' ? [{ category, kind }] : [];
  });

const lastDayOf = (month: Temporal.PlainYearMonth): LocalDate =>
  month.toPlainDate({ day: month.daysInMonth }).toString();

/** A month is at its end with its last day. */
const lastClosedMonth = (pack: PolicyPack, category: string, now: Instant): string => {
  let month = Temporal.PlainYearMonth.from(localDate(now, pack.zone).slice(0, 7));
  while (!isDayClosed(pack, category, lastDayOf(month), now)) month = month.subtract({ months: 1 });
  return month.toString();
};

/** The last scope of a category whose time has come: what it is called and all before it is destroyed. */
export const lastClosedScope = (
  pack: PolicyPack,
  { category, kind }: CalendarCategory,
  now: Instant,
): string => (kind === 'day' ? lastClosedDay(pack, category, now) : lastClosedMonth(pack, category, now));
