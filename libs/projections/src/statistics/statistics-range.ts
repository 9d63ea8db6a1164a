/** Local days (`1998-03-04`) or months (`1998-03`), inclusive; either may be absent. */
export type StatisticsRange = Readonly<{ since?: string; through?: string }>;

/** What of a level lies inside a range; null: without a bound on that side. */
export type Bounds = Readonly<{ from: string | null; to: string | null }>;

const MONTH_LENGTH = '1998-03'.length;

const daysIn = (month: string): number => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 0)).getUTCDate();
};

const firstDay = (period: string): string => (period.length === MONTH_LENGTH ? `${period}-01` : period);
const lastDay = (period: string): string =>
  period.length === MONTH_LENGTH ? `${period}-${String(daysIn(period)).padStart(2, '0')}` : period;

const shifted = (month: string, by: number): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, MONTH_LENGTH);
};

/** The days of a range. */
export const daysInside = ({ since, through }: StatisticsRange): Bounds => ({
  from: since === undefined ? null : firstDay(since),
  to: through === undefined ? null : lastDay(through),
});

/** The months that lie in a range whole: what was merged into a month belongs to none of its days. */
export const monthsInside = (range: StatisticsRange): Bounds => {
  const { from, to } = daysInside(range);
  const month = (day: string): string => day.slice(0, MONTH_LENGTH);
  return {
    from: from === null ? null : from.endsWith('-01') ? month(from) : shifted(month(from), 1),
    to: to === null ? null : to === lastDay(month(to)) ? month(to) : shifted(month(to), -1),
  };
};
