import { monthsBetween } from './read-streams.js';

it('walks every month once, over the turn of a year', () => {
  expect(monthsBetween('1998-11-30', '1999-02-01')).toEqual(['1998-11', '1998-12', '1999-01', '1999-02']);
  expect(monthsBetween('1998-07-01', '1998-07-31')).toEqual(['1998-07']);
});

it('has no month where the end lies before the beginning', () => {
  expect(monthsBetween('1998-07-01', '1998-06-30')).toEqual([]);
});

it('is bounded, and keeps the latest', () => {
  const months = monthsBetween('0001-01-01', '2026-11-22');
  expect(months).toHaveLength(1_200);
  expect(months.at(-1)).toBe('2026-11');
});
