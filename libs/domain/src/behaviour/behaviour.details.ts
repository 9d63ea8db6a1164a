import type { FormItem } from '@lacuna/domain/policy';
import type { Violation } from '../kernel/index.js';
import type { BehaviourDetails } from './behaviour.body.js';

/** The form of a kind, as the pack has it. */
export type Form = ReadonlyMap<string, FormItem>;

/** Details as they come in and go out: every item as text. */
export type DetailTexts = Readonly<Record<string, string>>;

export type ReadDetails =
  | Readonly<{ kind: 'ok'; details: BehaviourDetails }>
  | Readonly<{ kind: 'refused'; violations: readonly Violation[] }>;

/**
 * The largest measure of one record: a billion units, ten million yuan. Nine million such records still add up
 * exactly, so that no record can spoil the sums of a night.
 */
export const LARGEST_MEASURE = 1_000_000_000;

const LONGEST_TEXT = 500;

/** A measure as a whole number, or the rule it breaks. */
const measure = (text: string, form: RegExp, rule: string): number | string => {
  const [, whole = '', part = ''] = form.exec(text) ?? [];
  if (whole === '') return rule;
  const value = rule === 'amount' ? Number(whole) * 100 + Number(part.padEnd(2, '0')) : Number(whole);
  return value <= LARGEST_MEASURE ? value : 'too-large';
};

const UNITS = /^(\d{1,15})$/;
/** Yuan, with at most two decimals. */
const AMOUNT = /^(\d{1,13})(?:\.(\d{1,2}))?$/;

/** The rule that a text breaks; null: none. */
const textFault = (text: string): string | null => {
  if (text.trim() === '') return 'required';
  if (!text.isWellFormed() || text.includes('\0')) return 'text';
  return text.length > LONGEST_TEXT && Array.from(text).length > LONGEST_TEXT ? 'too-long' : null;
};

type ReadItem = Readonly<{ value: number | string } | { rule: string }>;

const readItem = (type: FormItem['type'], text: string): ReadItem => {
  if (type === 'text') {
    const rule = textFault(text);
    return rule === null ? { value: text } : { rule };
  }
  const read = type === 'units' ? measure(text, UNITS, 'units') : measure(text, AMOUNT, 'amount');
  return typeof read === 'number' ? { value: read } : { rule: read };
};

/** What nobody asked for is not collected (R001, R005). Its name is the caller's own word and is not repeated. */
const unlisted = (form: Form, given: DetailTexts): readonly Violation[] =>
  Object.keys(given).some((name) => !form.has(name)) ? [{ field: 'details', rule: 'unlisted' }] : [];

/**
 * Details read by the form of their kind: measures become whole numbers (an amount cents), texts stay as they are.
 * A measure that was not given counts as 0.
 */
export const readDetails = (form: Form, given: DetailTexts): ReadDetails => {
  const violations: Violation[] = [...unlisted(form, given)];
  const measures = { units: 0, amount: 0 };
  const texts: Record<string, string> = {};
  for (const [name, { type, required }] of form) {
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    if (text === undefined) {
      if (required) violations.push({ field: name, rule: 'required' });
      continue;
    }
    const read = readItem(type, text);
    if ('rule' in read) violations.push({ field: name, rule: read.rule });
    else if (type === 'text') texts[name] = String(read.value);
    else measures[type] = Number(read.value);
  }
  return violations.length > 0
    ? { kind: 'refused', violations }
    : { kind: 'ok', details: { ...measures, texts } };
};

const yuan = (cents: number): string =>
  `${String(Math.trunc(cents / 100))}.${String(cents % 100).padStart(2, '0')}`;

const shown = (details: BehaviourDetails, name: string, type: FormItem['type']): string | undefined => {
  switch (type) {
    case 'units':
      return String(details.units);
    case 'amount':
      return yuan(details.amount);
    case 'text':
      return details.texts[name];
  }
};

/** Details as text again. A text whose item the form no longer has is shown all the same: it is held (R181). */
export const showDetails = (form: Form, details: BehaviourDetails): DetailTexts => {
  const items = [...form].map(([name, { type }]) => [name, shown(details, name, type)] as const);
  const given = items.filter((item): item is readonly [string, string] => item[1] !== undefined);
  return { ...Object.fromEntries(given), ...details.texts };
};
