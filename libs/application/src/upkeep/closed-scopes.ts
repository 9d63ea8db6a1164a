import type { Instant, LocalDate } from '@lacuna/domain/kernel';
import { lastClosedDay, scopeKind, type PolicyPack } from '@lacuna/domain/policy';
import { Temporal } from 'temporal-polyfill';

/** A category whose data end together by the calendar: by local day, or by month. */
export type CalendarCategory = Readonly<{ category: string; kind: 'day' | 'month' }>;

export const calendarCategories = (pack: PolicyPack): readonly CalendarCategory[] =>
  [...pack.categories.keys()].flatMap((category) => {
    const kind = scopeKind(pack, category);
    return kind === 'day' || kind === 'month' ? [{ category, kind }] : [];
  });

/** The month of a day where that is its last, else the one before: a month is at its end with its last day. */
const lastWholeMonth = (day: LocalDate): string =>
  Temporal.PlainDate.from(day).add({ days: 1 }).toPlainYearMonth().subtract({ months: 1 }).toString();

/** The last scope of a category whose time has come: what it is called and all before it is destroyed. */
export const lastClosedScope = (
  pack: PolicyPack,
  { category, kind }: CalendarCategory,
  now: Instant,
): string => {
  const day = lastClosedDay(pack, category, now);
  return kind === 'day' ? day : lastWholeMonth(day);
};
