import { isCalendarDate } from './calendar-date.js';
import { fieldRule, type FieldRule } from './field-rule.js';

// GB 11643-1999: weights of the first 17 digits, and the check character for each sum modulo 11.
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const checkCharacters = '10X98765432';

const checkCharacter = (digits: string): string | undefined =>
  checkCharacters[weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0) % 11];

const birthdayOf = (value: string): string =>
  `${value.slice(6, 10)}-${value.slice(10, 12)}-${value.slice(12, 14)}`;

const sexOf = (value: string): 'male' | 'female' => (Number(value[16]) % 2 === 1 ? 'male' : 'female');

/**
 * An 18-character resident identity number (R118), with its birthday and sex where they are known (R119).
 * The list of areas is not asked: it changes every year, and numbers outlive the areas they were given in.
 */
export const idNumberRule: FieldRule = fieldRule({
  'id-number': (value) => /^[1-9]\d{16}[\dX]$/.test(value),
  'id-number-checksum': (value) => checkCharacter(value) === value[17],
  'id-number-birthday': (value, { today }) =>
    isCalendarDate(birthdayOf(value)) && (today === undefined || birthdayOf(value) <= today),
  'id-number-against-birthday': (value, { birthday }) =>
    birthday === undefined || birthday === birthdayOf(value),
  'id-number-against-sex': (value, { sex }) => sex === undefined || sex === sexOf(value),
});
