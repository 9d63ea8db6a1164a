import type { LocalDate, Violation } from '../kernel/index.js';

/** What a rule may compare a value with; a fact that is absent is not compared. */
export type RuleFacts = Readonly<{
  /** The day of the command in the tenant's zone. */
  today?: LocalDate;
  birthday?: LocalDate;
  sex?: 'male' | 'female';
}>;

/** Judges one value: the first rule it breaks, or `null`. The answer never holds the value. */
export type FieldRule = (field: string, value: string, facts?: RuleFacts) => Violation | null;

type Test = (value: string, facts: RuleFacts) => boolean;

/** A rule of named tests, asked in order: the first one that is not met is the violation. */
export const fieldRule =
  (tests: Readonly<Record<string, Test>>): FieldRule =>
  (field, value, facts = {}) => {
    const broken = Object.entries(tests).find(([, holds]) => !holds(value, facts));
    return broken ? { field, rule: broken[0] } : null;
  };

/** Violations of all values, in the order of the rules; a field that has no rule is not in the list of what may be held (R001). */
export const violationsOf = (
  rules: Readonly<Record<string, FieldRule>>,
  values: Readonly<Record<string, string | undefined>>,
  facts: RuleFacts = {},
): readonly Violation[] => {
  const unlisted = Object.keys(values)
    .filter((field) => !Object.hasOwn(rules, field))
    .map((field) => ({ field, rule: 'unlisted' }));
  const broken = Object.entries(rules).flatMap(([field, rule]) => {
    const value = values[field];
    return value === undefined ? [] : (rule(field, value, facts) ?? []);
  });
  return [...unlisted, ...broken];
};
