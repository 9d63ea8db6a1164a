import { problemOf, type DatabaseFacts } from './usable.js';

const good: DatabaseFacts = { version: 170_004, standby: false, encoding: 'UTF8', writes: true };

it.each([
  ['PostgreSQL 15 or later', { version: 140_011 }],
  ['a standby', { standby: true }],
  ['encoded in UTF8', { encoding: 'LATIN1' }],
  ['fsync off', { writes: false }],
])('B13 says of a database that it cannot use: %s', (words, change: Partial<DatabaseFacts>) => {
  expect(problemOf({ ...good, ...change })).toContain(words);
});

it('takes any other', () => {
  expect([problemOf(good), problemOf({ ...good, version: 150_000 })]).toEqual([null, null]);
});
