import { fieldRule, type FieldRule } from './field-rule.js';
import { isCalendarDate } from './calendar-date.js';

const isPlainText = (value: string): boolean =>
  value.trim() === value && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value);

const atMost =
  (length: number) =>
  (value: string): boolean =>
    Array.from(value).length <= length;

/** Some text of one line, without space around it. */
export const textRule = (length: number): FieldRule =>
  fieldRule({ required: (value) => value.trim() !== '', text: isPlainText, 'too-long': atMost(length) });

/**
 * A person's name: letters of any script (private use included: rare characters of old registers stand there),
 * with the dots, hyphens, apostrophes and single spaces that names have.
 */
export const nameRule: FieldRule = fieldRule({
  required: (value) => value.trim() !== '',
  'too-long': atMost(64),
  name: (value) =>
    /^[\p{L}\p{Co}][\p{L}\p{M}\p{Co}]*(?:[ ·•・.'’-]{1,2}[\p{L}\p{M}\p{Co}]+)*\.?$/u.test(value),
});

/** A mobile number of the Chinese mainland. */
export const mobileRule: FieldRule = fieldRule({ mobile: (value) => /^1[3-9]\d{9}$/.test(value) });

/** A day that has come: `YYYY-MM-DD`, not after today where today is known. */
export const pastDateRule: FieldRule = fieldRule({
  date: isCalendarDate,
  'date-in-future': (value, { today }) => today === undefined || value <= today,
});
