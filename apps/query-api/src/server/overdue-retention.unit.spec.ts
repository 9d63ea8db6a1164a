import type { PolicyPack } from '@lacuna/domain/policy';
import { carClub } from '@lacuna/testing';
import { clockedCategories, lastDayOf, overdueScopes } from './overdue-retention.js';

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const overdue = (
  category: string,
  scopes: readonly string[],
  now: string,
  ends = new Map<string, string>(),
) => overdueScopes(pack, new Map([[category, scopes]]), ends, now);

it('R041 a day is overdue from the midnight that begins six months later, and not a moment before', () => {
  const days = ['1998-01-01', '1998-01-02'];
  expect(overdue('behaviour', days, '1998-06-30T15:59:59.999Z')).toEqual([]);
  expect(overdue('behaviour', days, '1998-06-30T16:00:00.000Z')).toEqual(['behaviour 1998-01-01']);
});

it('R041 the 31st of August is overdue at the end of February', () => {
  expect(overdue('behaviour', ['1997-08-31'], '1998-02-27T15:59:59.999Z')).toEqual([]);
  expect(overdue('behaviour', ['1997-08-31'], '1998-02-27T16:00:00.000Z')).toHaveLength(1);
});

it('R042 an activity is overdue three months after its end; one that goes on never is', () => {
  const scopes = ['ended', 'open'];
  const ends = new Map([['ended', '1998-01-10T10:00:00.000Z']]);
  expect(overdue('activity', scopes, '1998-04-10T15:59:59.999Z', ends)).toEqual([]);
  expect(overdue('activity', scopes, '1998-04-10T16:00:00.000Z', ends)).toEqual(['activity ended']);
});

it('R044 a month of the record of reads is overdue when its last day is', () => {
  expect(overdue('audit', ['1998-02'], '2001-02-28T15:59:59.999Z')).toEqual([]);
  expect(overdue('audit', ['1998-02'], '2001-02-28T16:00:00.000Z')).toEqual(['audit 1998-02']);
});

it('R044 the periods are the pack’s', async () => {
  const shorter = await carClub({ 'categories.behaviour.ceiling': 'P5M' });
  const living = new Map([['behaviour', ['1998-01-01']]]);
  expect(overdueScopes(shorter, living, new Map(), '1998-05-31T16:00:00.000Z')).toHaveLength(1);
  expect(overdueScopes(pack, living, new Map(), '1998-05-31T16:00:00.000Z')).toEqual([]);
});

it('R044 walks every category that the clock ends', () => {
  expect(clockedCategories(pack)).toEqual(['behaviour', 'activity', 'audit']);
});

it.each([
  ['1998-02', '1998-02-28'],
  ['2000-02', '2000-02-29'],
  ['1998-12', '1998-12-31'],
])('the last day of %s is %s', (month, day) => expect(lastDayOf(month)).toBe(day));
