import fc from 'fast-check';
import { dueAt, firesAt, localDate, type ClockRule } from './clock-rule.js';

const SHANGHAI = 'Asia/Shanghai';
const utc = (local: string): string => new Date(`${local}+08:00`).toISOString();

const within: ClockRule = { kind: 'within', period: 'PT24H' };
const atTen: ClockRule = { kind: 'at', time: '10:00' };
const sameDay: ClockRule = { kind: 'end-of-day' };
const ceiling: ClockRule = { kind: 'ceiling', period: 'P6M' };
const keep = (period: string): ClockRule => ({ kind: 'keep', period });

/** Local anchor -> local due, as the table of domain.md section 5 says. */
it.each<[string, ClockRule, string, string]>([
  ['24 h', within, '1998-07-01T09:00:00.000', '1998-07-02T09:00:00.000'],
  ['24 h to the millisecond', within, '1998-07-01T23:59:59.999', '1998-07-02T23:59:59.999'],
  [
    '48 h over a month',
    { kind: 'within', period: 'PT48H' },
    '2024-02-28T12:00:00.000',
    '2024-03-01T12:00:00.000',
  ],
  [
    'hours, minutes and seconds',
    { kind: 'within', period: 'PT36H30M5S' },
    '1998-07-01T09:00:00.000',
    '1998-07-02T21:30:05.000',
  ],
  [
    'a day and an hour',
    { kind: 'within', period: 'P1DT1H' },
    '1998-07-01T09:00:00.000',
    '1998-07-02T10:00:00.000',
  ],
  ['10:00 of the same day', atTen, '1998-07-01T00:00:00.000', '1998-07-01T10:00:00.000'],
  ['10:00 a millisecond before', atTen, '1998-07-01T09:59:59.999', '1998-07-01T10:00:00.000'],
  ['10:00 at ten itself', atTen, '1998-07-01T10:00:00.000', '1998-07-02T10:00:00.000'],
  ['10:00 over the year', atTen, '1998-12-31T10:00:00.001', '1999-01-01T10:00:00.000'],
  ['the same day', sameDay, '1998-07-01T08:30:00.000', '1998-07-01T23:59:59.999'],
  ['the same day at its last moment', sameDay, '1998-07-01T23:59:59.999', '1998-07-01T23:59:59.999'],
  ['6 months', ceiling, '1998-01-01T13:00:00.000', '1998-07-01T00:00:00.000'],
  ['6 months from 31 August', ceiling, '1997-08-31T00:00:00.000', '1998-02-28T00:00:00.000'],
  [
    '6 months from 31 August before a leap year',
    ceiling,
    '2023-08-31T23:59:59.999',
    '2024-02-29T00:00:00.000',
  ],
  ['3 months kept', keep('P3M'), '1998-01-15T10:00:00.000', '1998-04-16T00:00:00.000'],
  ['3 months kept from 30 November', keep('P3M'), '1997-11-30T10:00:00.000', '1998-03-01T00:00:00.000'],
  ['5 years kept', keep('P5Y'), '1998-07-01T10:00:00.000', '2003-07-02T00:00:00.000'],
  ['5 years kept from 29 February', keep('P5Y'), '2024-02-29T10:00:00.000', '2029-03-01T00:00:00.000'],
])('%s', (_, rule, anchor, due) => {
  expect(dueAt(rule, utc(anchor), SHANGHAI)).toBe(utc(due));
});

it.each<[ClockRule, string, string]>([
  [within, '1998-07-01T09:00:00.000', '1998-07-02T09:00:00.001'],
  [atTen, '1998-07-01T00:00:00.000', '1998-07-01T10:00:00.001'],
  [sameDay, '1998-07-01T09:00:00.000', '1998-07-02T00:00:00.000'],
  [ceiling, '1998-01-01T09:00:00.000', '1998-07-01T00:00:00.000'],
  [keep('P3M'), '1997-11-30T09:00:00.000', '1998-03-01T00:00:00.000'],
])('%j fires with the first moment that is no longer in time', (rule, anchor, fires) => {
  expect(firesAt(rule, utc(anchor), SHANGHAI)).toBe(utc(fires));
});

it('goes by the tenant zone, also where a day has 23 hours', () => {
  const berlin = 'Europe/Berlin';
  const eve = '2026-03-28T11:00:00.000Z'; // noon, the day before the clocks go forward
  expect(dueAt(within, eve, berlin)).toBe('2026-03-29T11:00:00.000Z'); // 24 h are 24 h: 13:00
  expect(dueAt({ kind: 'within', period: 'P1D' }, eve, berlin)).toBe('2026-03-29T10:00:00.000Z'); // a day is noon again
  expect(dueAt(atTen, eve, berlin)).toBe('2026-03-29T08:00:00.000Z');
  expect(dueAt(ceiling, '2026-01-29T00:00:00.000Z', 'America/New_York')).toBe('2026-07-28T04:00:00.000Z');
  expect(localDate('1998-06-30T16:00:00.000Z', SHANGHAI)).toBe('1998-07-01');
  expect(localDate('1998-06-30T15:59:59.999Z', SHANGHAI)).toBe('1998-06-30');
});

it('never falls before its anchor, and never moves back when the anchor moves on', () => {
  const rules = fc.constantFrom(within, atTen, sameDay, ceiling, keep('P3M'), keep('P5Y'));
  const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
  const zone = fc.constantFrom(SHANGHAI, 'Europe/Berlin', 'America/St_Johns');
  fc.assert(
    fc.property(rules, moment, moment, zone, (rule, one, other, place) => {
      const [first, second] = [one.toISOString(), other.toISOString()].sort() as [string, string];
      expect(dueAt(rule, first, place) >= first).toBe(true);
      expect(dueAt(rule, second, place) >= dueAt(rule, first, place)).toBe(true);
    }),
    { numRuns: 500, seed: 72 },
  );
});
