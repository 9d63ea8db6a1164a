import * as fc from 'fast-check';
import { carClub } from '@lacuna/testing';
import { formOf, kindsOf } from '@lacuna/domain/policy';
import { LARGEST_MEASURE, readDetails, showDetails, type Form } from './index.js';

let purchase: Form;
let post: Form;
let signUp: Form;
beforeAll(async () => {
  const pack = await carClub();
  const kinds = kindsOf(pack, 'behaviour');
  purchase = kinds.get('purchase') ?? new Map();
  post = kinds.get('group-post') ?? new Map();
  signUp = formOf(pack, 'activity', 'sign-up') ?? new Map();
});

const rules = (form: Form, details: Readonly<Record<string, string>>): readonly string[] => {
  const read = readDetails(form, details);
  return read.kind === 'ok' ? [] : read.violations.map(({ field, rule }) => `${field}: ${rule}`);
};

it.each([
  ['11.77', 1177],
  ['11.7', 1170],
  ['12', 1200],
  ['0', 0],
  ['0.05', 5],
  ['007', 700],
  ['10000000.00', LARGEST_MEASURE],
])('R117 an amount of %s yuan is %d cents', (amount, cents) => {
  expect(readDetails(purchase, { units: '1', amount })).toEqual({
    kind: 'ok',
    details: { units: 1, amount: cents, texts: {} },
  });
});

it.each([
  '',
  ' 1',
  '1 ',
  '-1',
  '+1',
  '1.',
  '.5',
  '1.777',
  '1e3',
  '0x10',
  '1,5',
  '١',
  '１',
  'NaN',
  'Infinity',
  '1_0',
])('R117 refuses an amount that is none (%j)', (amount) => {
  expect(rules(purchase, { units: '1', amount })).toEqual(['amount: amount']);
});

it.each(['', '1.0', '-1', '1e3', ' 1', 'two', '１'])('R117 refuses units that are none (%j)', (units) => {
  expect(rules(purchase, { units, amount: '1' })).toEqual(['units: units']);
});

it('R117 refuses a measure so large that sums could not be exact', () => {
  expect(rules(purchase, { units: String(LARGEST_MEASURE + 1), amount: '10000000.01' })).toEqual([
    'units: too-large',
    'amount: too-large',
  ]);
  expect(Number.isSafeInteger(LARGEST_MEASURE * 9_000_000)).toBe(true);
});

it('R001 refuses what the form does not ask for, without repeating its name', () => {
  for (const name of ['salary of Mr Cheng', 'constructor', '__proto__', 'toString']) {
    const details = Object.fromEntries([
      ['units', '1'],
      ['amount', '1'],
      [name, 'x'],
    ]);
    expect(rules(purchase, details)).toEqual(['details: unlisted']);
  }
});

it('R016 refuses a form that is not complete, inherited properties do not fill it', () => {
  expect(rules(purchase, {})).toEqual(['units: required', 'amount: required']);
  expect(rules(post, Object.create({ text: 'hello' }) as Record<string, string>)).toEqual(['text: required']);
});

it('R117 a text has 1 to 500 characters, counted as people count them', () => {
  expect(rules(post, { text: '𠮷'.repeat(500) })).toEqual([]);
  expect(rules(post, { text: '𠮷'.repeat(501) })).toEqual(['text: too-long']);
  expect(rules(post, { text: 'two\nlines' })).toEqual([]);
  expect(rules(post, { text: ' ' })).toEqual(['text: required']);
  for (const odd of ['a\0b', '\ud800']) expect(rules(post, { text: odd })).toEqual(['text: text']);
});

it('a measure that was not given counts as 0', () => {
  expect(readDetails(signUp, { note: '两人' })).toEqual({
    kind: 'ok',
    details: { units: 0, amount: 0, texts: { note: '两人' } },
  });
});

it('R181 shows what was recorded, and a text whose item the form has no more as well', () => {
  const details = { units: 3, amount: 5, texts: { place: '东门', gate: '3' } };
  expect(showDetails(purchase, details)).toEqual({ units: '3', amount: '0.05', place: '东门', gate: '3' });
});

it('what is shown reads as what was recorded', () => {
  const measure = fc.integer({ min: 0, max: LARGEST_MEASURE });
  const place = fc.option(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => text.trim() !== ''),
    { nil: undefined },
  );
  fc.assert(
    fc.property(measure, measure, place, (units, amount, place) => {
      const texts = place === undefined || place.includes('\0') ? {} : { place };
      const details = { units, amount, texts };
      expect(readDetails(purchase, showDetails(purchase, details))).toEqual({ kind: 'ok', details });
    }),
  );
});
