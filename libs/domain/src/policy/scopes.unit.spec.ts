import fc from 'fast-check';
import { carClub, instantOf } from '@lacuna/testing';
import type { PolicyPack } from './pack.js';
import { localDate } from './clock-rule.js';
import { retentionGaps } from './retention-gaps.js';
import {
  dayEnd,
  isDayClosed,
  lastClosedDay,
  liveDays,
  nextNightlyRun,
  nightOf,
  retentionEnd,
  scopeKind,
  startOfDay,
} from './retention.js';

let pack: PolicyPack;
let five: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
  five = await carClub({ 'categories.behaviour.ceiling': 'P5M' });
});

const shanghai = (local: string): string => instantOf(`${local}+08:00`);
const closed = (day: string, at: string, by = pack): boolean =>
  isDayClosed(by, 'behaviour', day, shanghai(at));

describe('R041 the window of a day', () => {
  it.each([
    ['1998-01-01', '1998-07-01T00:00'],
    ['1997-08-28', '1998-02-28T00:00'],
    ['1997-08-31', '1998-02-28T00:00'],
    ['1997-09-01', '1998-03-01T00:00'],
    ['2023-08-29', '2024-02-29T00:00'],
    ['2023-08-31', '2024-02-29T00:00'],
    ['1998-02-28', '1998-08-28T00:00'],
    ['1998-03-31', '1998-09-30T00:00'],
  ])('%s is gone by the midnight that begins %s', (day, end) => {
    expect(dayEnd(pack, 'behaviour', day)).toBe(shanghai(end));
  });

  it('with five months instead of six it ends a month earlier', () => {
    expect(dayEnd(five, 'behaviour', '1998-01-01')).toBe(shanghai('1998-06-01T00:00'));
    expect(dayEnd(five, 'behaviour', '1997-09-30')).toBe(shanghai('1998-02-28T00:00'));
    expect(closed('1998-02-01', '1998-07-01T00:00', five)).toBe(true);
    expect(closed('1998-02-02', '1998-07-01T00:00', five)).toBe(false);
    expect(closed('1998-02-01', '1998-07-01T00:00')).toBe(false);
  });

  it('closes with the nightly run before its end, judged by the date alone', () => {
    expect(closed('1998-01-01', '1998-07-01T00:00')).toBe(true);
    expect(closed('1998-01-02', '1998-07-01T00:00')).toBe(false);
    expect(closed('1998-01-01', '1998-06-30T22:59:59.999')).toBe(false);
    expect(closed('1998-01-01', '1998-06-30T23:00')).toBe(true);
    expect(closed('1998-01-02', '1998-06-30T23:00')).toBe(false);
    expect(closed('1998-01-02', '1998-07-01T22:59:59.999')).toBe(false);
    expect(closed('1998-01-02', '1998-07-01T23:00')).toBe(true);
  });

  it('four days of August end with February at once', () => {
    for (const day of ['1997-08-28', '1997-08-29', '1997-08-30', '1997-08-31']) {
      expect([day, closed(day, '1998-02-27T22:59:59.999')]).toEqual([day, false]);
      expect([day, closed(day, '1998-02-27T23:00')]).toEqual([day, true]);
    }
    expect(closed('1997-09-01', '1998-02-27T23:00')).toBe(false);
    expect(lastClosedDay(pack, 'behaviour', shanghai('1998-02-27T22:00'))).toBe('1997-08-27');
    expect(lastClosedDay(pack, 'behaviour', shanghai('1998-02-27T23:00'))).toBe('1997-08-31');
  });

  it('the days that live are all from the oldest open one to today', () => {
    const days = liveDays(pack, 'behaviour', shanghai('1998-07-01T09:00'));
    expect([days[0], days.at(-1), days.length]).toEqual(['1998-01-02', '1998-07-01', 181]);
    expect(liveDays(pack, 'behaviour', shanghai('1998-08-31T22:30')).length).toBe(184);
    expect(liveDays(five, 'behaviour', shanghai('1998-07-01T09:00'))[0]).toBe('1998-02-02');
  });

  it('the hour of the run is the pack’s', async () => {
    const earlier = await carClub({ 'nightly.at': '02:30' });
    expect(closed('1998-01-01', '1998-06-30T02:29:59.999', earlier)).toBe(false);
    expect(closed('1998-01-01', '1998-06-30T02:30', earlier)).toBe(true);
    // A run that begins with the last midnight would come too late to be done by then.
    const midnight = await carClub({ 'nightly.at': '00:00' });
    expect(closed('1998-01-01', '1998-06-29T23:59:59.999', midnight)).toBe(false);
    expect(closed('1998-01-01', '1998-06-30T00:00', midnight)).toBe(true);
  });
});

it('R042 sign-ups are kept to the midnight that ends three months after the end, and the number is the pack’s', async () => {
  const end = (anchor: string, by = pack) => retentionEnd(by, 'activity', shanghai(anchor));
  expect(end('1997-11-30T18:00')).toBe(shanghai('1998-03-01T00:00'));
  expect(end('2023-11-30T00:00')).toBe(shanghai('2024-03-01T00:00'));
  expect(end('1998-08-30T23:59:59.999')).toBe(shanghai('1998-12-01T00:00'));
  expect(end('1998-08-31T00:00')).toBe(shanghai('1998-12-01T00:00'));
  const shorter = await carClub({ 'categories.activity.keep': 'P1M' });
  expect(end('1998-08-30T18:00', shorter)).toBe(shanghai('1998-10-01T00:00'));
});

it('the night that counts what is recorded now is named by the date of its run', () => {
  expect(nightOf(pack, shanghai('1998-07-01T22:59:59.999'))).toBe('1998-07-01');
  expect(nightOf(pack, shanghai('1998-07-01T23:00'))).toBe('1998-07-02');
  expect(nightOf(pack, shanghai('1998-07-02T00:00'))).toBe('1998-07-02');
});

describe('R023 what a scope key of a category covers', () => {
  it('follows from its clock', () => {
    const kinds = [...pack.categories.keys()].map((category) => [category, scopeKind(pack, category)]);
    expect(Object.fromEntries(kinds)).toEqual({
      ...{ basic: 'membership', 'real-name': 'membership' },
      ...{ behaviour: 'day', activity: 'activity', audit: 'month' },
    });
  });

  it('R044 what no clock of the pack ends is RETENTION_UNKNOWN, not kept for ever', () => {
    const now = shanghai('1998-07-01T09:00');
    const unknown = expect.objectContaining({ code: 'RETENTION_UNKNOWN' }) as Error;
    expect(() => scopeKind(pack, 'gossip')).toThrow(unknown);
    expect(() => isDayClosed(pack, 'gossip', '1998-01-01', now)).toThrow(unknown);
    expect(() => dayEnd(pack, 'basic', '1998-01-01')).toThrow(unknown);
    expect(() => liveDays(pack, 'basic', now)).toThrow(unknown);
  });
});

describe('R023 R044 retentionGaps', () => {
  it('names the categories that the pack does not end', async () => {
    expect(retentionGaps(pack, ['basic', 'behaviour', 'activity'])).toEqual([]);
    expect(retentionGaps(pack, ['gossip', 'basic', 'constructor'])).toEqual(['gossip', 'constructor']);
    const bare = { ...pack, categories: new Map([...pack.categories].slice(0, 2)) };
    expect(retentionGaps(bare, ['basic', 'behaviour', 'audit'])).toEqual(['behaviour', 'audit']);
    const kept = await carClub({
      'categories.activity': {
        ...{ title: { zh: '活动', en: 'activity' }, ceiling: 'P3M', from: 'day', cite: 'R042 own' },
      },
    });
    expect(retentionGaps(kept, ['activity'], { activity: 'activity' })).toEqual(['activity']);
    expect(retentionGaps(kept, ['activity'], { activity: 'day' })).toEqual([]);
  });
});

describe('R041 in any zone, through the days of 23 and of 25 hours and those that begin at one o’clock', () => {
  const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/Sao_Paulo', 'America/St_Johns', 'Pacific/Apia'];
  let packs: readonly PolicyPack[];
  beforeAll(async () => {
    packs = await Promise.all(
      zones.flatMap((zone) => ['23:00', '02:30'].map((at) => carClub({ zone, 'nightly.at': at }))),
    );
  });

  const moment = fc
    .date({ min: new Date('2010-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const daysBefore = (now: string, days: number): string =>
    new Date(Date.parse(now) - days * 86_400_000).toISOString();
  const DAY = 25 * 3_600_000;

  it('a day stays open until the run before its end, and no run before has closed it', () => {
    fc.assert(
      fc.property(fc.nat({ max: zones.length * 2 - 1 }), moment, fc.nat({ max: 200 }), (which, now, ago) => {
        const one = packs[which] ?? pack;
        const day = localDate(daysBefore(now, ago), one.zone);
        const end = dayEnd(one, 'behaviour', day);
        const run = nextNightlyRun(one, now);
        expect(isDayClosed(one, 'behaviour', day, now)).toBe(end <= run);
        expect(Date.parse(run) - Date.parse(now)).toBeLessThanOrEqual(DAY);
        // Open means that another run comes before the end: the key can still be destroyed in time.
        if (!isDayClosed(one, 'behaviour', day, now)) expect(run < end).toBe(true);
        else expect(Date.parse(end) - Date.parse(now)).toBeLessThanOrEqual(DAY);
      }),
      { numRuns: 300, seed: 41 },
    );
  });

  it('live days and closed days meet without a gap, and a day that has closed never opens again', () => {
    fc.assert(
      fc.property(fc.nat({ max: zones.length * 2 - 1 }), moment, fc.nat({ max: 40 }), (which, now, later) => {
        const one = packs[which] ?? pack;
        const days = liveDays(one, 'behaviour', now);
        expect(days.every((day, index) => index === 0 || day > days[index - 1]!)).toBe(true);
        const last = lastClosedDay(one, 'behaviour', now);
        expect(isDayClosed(one, 'behaviour', last, now)).toBe(true);
        expect(startOfDay(one, last) < startOfDay(one, days[0]!)).toBe(true);
        const then = daysBefore(now, -later);
        expect(isDayClosed(one, 'behaviour', last, then)).toBe(true);
        expect(lastClosedDay(one, 'behaviour', then) >= last).toBe(true);
        expect(days.length).toBeGreaterThan(178);
        expect(days.length).toBeLessThan(186);
      }),
      { numRuns: 40, seed: 41 },
    );
  });
});
