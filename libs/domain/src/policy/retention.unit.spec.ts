import { carClub } from '@lacuna/testing';
import type { PolicyPack } from './pack.js';
import { dueOf, erasurePlan, erasureScope, nextNightlyRun, retentionEnd } from './retention.js';

let pack: PolicyPack;
beforeAll(async () => {
  pack = await carClub();
});

const ASKED = '1998-07-01T01:00:00.000Z';

it('R072 a correction is due 24 h after it was asked for, and overdue one millisecond later', () => {
  expect(dueOf(pack, 'correction', ASKED)).toEqual({
    dueAt: '1998-07-02T01:00:00.000Z',
    firesAt: '1998-07-02T01:00:00.001Z',
    cite: 'R072 000§6.2',
  });
});

it('R072 the number is the pack’s: a copy that says 12 h gives 12 h', async () => {
  const faster = await carClub({ 'deadlines.correction.within': 'PT12H' });
  expect(dueOf(faster, 'correction', ASKED).dueAt).toBe('1998-07-01T13:00:00.000Z');
});

it('refuses a deadline, and a category, that the pack does not have', () => {
  expect(() => dueOf(pack, 'complaint', ASKED)).toThrow(/no deadline "complaint"/);
  expect(() => retentionEnd(pack, 'gossip', ASKED)).toThrow(/no category "gossip"/);
});

it('R040 basic information has no end of its own; R078 the identity goes 5 years after it was verified', async () => {
  expect(retentionEnd(pack, 'basic', ASKED)).toBeNull();
  expect(retentionEnd(pack, 'real-name', ASKED)).toBe('2003-07-01T16:00:00.000Z');
  const shorter = await carClub({ 'categories.real-name.keep': 'P1Y' });
  expect(retentionEnd(shorter, 'real-name', ASKED)).toBe('1999-07-01T16:00:00.000Z');
});

it('R077 R078 an erasure takes what no law holds, and says what stays, why and until when', () => {
  expect(erasurePlan(pack, { 'real-name': ASKED })).toEqual([
    { category: 'basic', outcome: 'erase', basis: null, until: null, cite: 'R077 000§6.3' },
    {
      category: 'real-name',
      outcome: 'retain',
      basis: 'real-name-law',
      until: '2003-07-01T16:00:00.000Z',
      cite: 'R078 000§6.3',
    },
    { category: 'behaviour', outcome: 'anonymise', basis: null, until: null, cite: 'R041 000§3.2' },
    { category: 'activity', outcome: 'erase', basis: null, until: null, cite: 'R077 000§6.3' },
    { category: 'audit', outcome: 'retain', basis: 'operation-log', until: null, cite: 'R097 000§5.1' },
  ]);
});

it('R078 without its hold the identity goes with the rest', async () => {
  const free = await carClub({ 'categories.real-name.hold': undefined });
  expect(erasurePlan(free).map((item) => [item.category, item.outcome])).toEqual([
    ['basic', 'erase'],
    ['real-name', 'erase'],
    ['behaviour', 'anonymise'],
    ['activity', 'erase'],
    ['audit', 'retain'],
  ]);
});

it('R078 a request for what the law keeps is refused, with the clause', () => {
  const scope = erasureScope(pack, { reason: 'exit', categories: ['basic', 'real-name'] });
  expect(scope).toEqual({
    kind: 'refused',
    code: 'ERASURE_RETAINED_BY_LAW',
    violations: [{ field: 'real-name', rule: 'R078 000§6.3' }],
  });
});

it('R077 a request without categories takes all that the law lets go', () => {
  expect(erasureScope(pack, { reason: 'exit', categories: [] })).toEqual({
    kind: 'allowed',
    categories: ['basic', 'behaviour', 'activity'],
  });
});

it('R047 whether a category is deleted or anonymised is the pack’s choice, and cites its reason', async () => {
  const deleted = await carClub({ 'categories.behaviour.then': 'delete' });
  expect(erasurePlan(deleted)).toContainEqual({
    ...{ category: 'behaviour', outcome: 'erase', basis: null, until: null },
    cite: 'R077 000§6.3',
  });
  const held = await carClub({ 'categories.behaviour.hold': 'operation-log' });
  expect(erasurePlan(held)).toContainEqual({
    ...{ category: 'behaviour', outcome: 'retain', basis: 'operation-log', until: null },
    cite: 'R097 000§5.1',
  });
});

it('R077 refuses a reason or a category that the pack does not have', () => {
  expect(erasureScope(pack, { reason: 'whim', categories: ['gossip'] })).toEqual({
    kind: 'refused',
    code: 'FIELD_INVALID',
    violations: [
      { field: 'reason', rule: 'REASON_UNKNOWN R077 000§6.3' },
      { field: 'categories', rule: 'CATEGORY_UNKNOWN R077 000§6.3' },
    ],
  });
});

it('the nightly run is at the hour of the pack, in its zone, once a night', async () => {
  expect(nextNightlyRun(pack, '1998-07-01T14:59:59.999Z')).toBe('1998-07-01T15:00:00.000Z');
  expect(nextNightlyRun(pack, '1998-07-01T15:00:00.000Z')).toBe('1998-07-02T15:00:00.000Z');
  const earlier = await carClub({ 'nightly.at': '02:30', zone: 'Europe/Berlin' });
  expect(nextNightlyRun(earlier, '2026-06-01T12:00:00.000Z')).toBe('2026-06-02T00:30:00.000Z');
});
