import { dateOf, instantOf, positionOf } from './instant.js';

it.each([
  ['1998-07-01T09:00+08:00', '1998-07-01T01:00:00.000Z'],
  ['1998-07-01T01:00:00Z', '1998-07-01T01:00:00.000Z'],
  ['1998-07-01T01:00:00.5Z', '1998-07-01T01:00:00.500Z'],
])('takes %s', (text, instant) => expect(instantOf(text)).toBe(instant));

it.each(['1998-02-28', '2000-02-29'])('takes the date %s', (text) => expect(dateOf(text)).toBe(text));

it.each(['1998-02-29', '1998-13-01', '1998-7-1', '1998-07-01T00:00Z', ''])('takes %p for no date', (text) =>
  expect(dateOf(text)).toBeNull(),
);

it.each([
  '1998-07-01',
  '1998-13-01T00:00Z',
  '1998-02-30T00:00Z',
  '1998-07-01T09:00',
  'now',
  '',
  '1998-07-01 09:00Z',
])('takes %p for no instant', (text) => expect(instantOf(text)).toBeNull());

it('A12 takes positions of 64 bits exactly and no more', () => {
  expect(positionOf('9007199254740993')).toBe(9_007_199_254_740_993n);
  expect(positionOf('9223372036854775807')).toBe(2n ** 63n - 1n);
  for (const text of ['9223372036854775808', '-1', '1.5', '', '0x10']) expect(positionOf(text)).toBeNull();
});
