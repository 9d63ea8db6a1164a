import type { PolicyPack } from '@lacuna/domain/policy';
import { carClub } from '@lacuna/testing';
import { calendarCategories, lastClosedScope } from './closed-scopes.js';
import { hadNight, lastNightOf } from './night.js';

const at = (local: string) => new Date(`${local}+08:00`).toISOString();
const behaviour = { category: 'behaviour', kind: 'day' } as const;
const audit = { category: 'audit', kind: 'month' } as const;

describe('which scopes have come to their end', () => {
  let pack: PolicyPack;

  beforeAll(async () => {
    pack = await carClub();
  });

  it('are those of the categories that the calendar ends', () => {
    expect(calendarCategories(pack)).toEqual([behaviour, audit]);
  });

  it.each([
    ['1998-07-01T00:00:00', '1998-01-01'],
    ['1998-07-01T22:59:59.999', '1998-01-01'],
    ['1998-07-01T23:00:00', '1998-01-02'],
    ['1998-07-02T02:00:00', '1998-01-02'],
    // 29, 30 and 31 August have their ceiling on 28 February: the run of the evening before takes them together.
    ['1999-02-27T22:59:59', '1998-08-27'],
    ['1999-02-27T23:00:00', '1998-08-31'],
    ['1999-02-28T23:00:00', '1998-09-01'],
  ])('R041 at %s days through %s', (local, day) => {
    expect(lastClosedScope(pack, behaviour, at(local))).toBe(day);
  });

  it('R041 move with the pack', async () => {
    const five = await carClub({ 'categories.behaviour.ceiling': 'P5M' });
    expect(lastClosedScope(five, behaviour, at('1998-07-01T00:00:00'))).toBe('1998-02-01');
  });

  it.each([
    ['2001-07-31T22:59:59', '1998-06'],
    ['2001-07-31T23:00:00', '1998-07'],
    ['2001-08-30T12:00:00', '1998-07'],
  ])('R044 at %s the record of reads through %s: three years from its last day', (local, month) => {
    expect(lastClosedScope(pack, audit, at(local))).toBe(month);
  });

  it('the last night is the one whose run has come, from the first run of the store on', () => {
    const born = at('1998-07-01T00:00:00');
    expect(hadNight(pack, born, at('1998-07-01T22:59:59.999'))).toBe(false);
    expect(hadNight(pack, born, at('1998-07-01T23:00:00'))).toBe(true);
    expect(lastNightOf(pack, at('1998-07-01T22:59:59.999'))).toBe('1998-06-30');
    expect(lastNightOf(pack, at('1998-07-01T23:00:00'))).toBe('1998-07-01');
  });
});
