import type { behaviourV1 } from '@lacuna/contracts';
import { readColumns, readValues, type HeaderProblem } from './columns.js';
import type { Row } from './read-rows.js';
import type { Reject } from './rejects-file.js';

const CUSTOMER = 'customer_id';
const WHEN: readonly string[] = ['date', 'occurred'];

/** Columns of files that are out there, and the items of a form that they mean. */
const ITEMS: ReadonlyMap<string, string> = new Map([
  ['cds', 'units'],
  ['dollars', 'amount'],
]);

/** Any other column is an item of the kind's form under its own name: which there are the server's pack knows. */
const ITEM_NAME = /^[a-z][A-Za-z0-9_-]{0,62}$/;

const itemOf = (column: string): string => ITEMS.get(column) ?? column;

/** Where a row's parts stand in it. */
export type BehaviourColumns = Readonly<{ names: readonly string[]; when: string; items: readonly string[] }>;

const EXPECTED =
  'expected columns are customer_id, date (or occurred) and the items of the kind: cds or units, dollars or amount, ...';

/** The columns of the first row, or what is wrong with them. */
export const readBehaviourColumns = (row: Row | undefined): BehaviourColumns | HeaderProblem => {
  const names = readColumns(row, { expected: EXPECTED, isKnown: (name) => ITEM_NAME.test(name) });
  if ('problem' in names) return names;
  const [when, second] = names.filter((name) => WHEN.includes(name));
  if (!names.includes(CUSTOMER)) return { problem: `there is no column ${CUSTOMER}; ${EXPECTED}` };
  if (when === undefined) return { problem: `there is no column date; ${EXPECTED}` };
  const items = names.filter((name) => name !== CUSTOMER && name !== when);
  const isTwice = new Set(items.map(itemOf)).size < items.length;
  if (second !== undefined || isTwice) return { problem: `two columns mean the same; ${EXPECTED}` };
  return { names, when, items };
};

/** A row as the behaviour it means, or what is wrong with it as a row. What its values mean the server decides. */
export const behaviourRow = (
  { names, when, items }: BehaviourColumns,
  kind: string,
  row: Row,
): behaviourV1.Behaviour | readonly Reject[] => {
  const { values, rejects } = readValues(names, row);
  if (rejects.length > 0) return rejects;
  const missing = [CUSTOMER, when].filter((column) => values[column] === undefined);
  if (missing.length > 0) return missing.map((field) => ({ line: row.line, field, rule: 'required' }));
  const details = items.flatMap((column) => {
    const value = values[column];
    return value === undefined ? [] : [[itemOf(column), value] as const];
  });
  return {
    member: { $case: 'customerNumber', value: values[CUSTOMER] ?? '' },
    kind,
    occurred: values[when] ?? '',
    details: Object.fromEntries(details),
  };
};

/** The file's name for a field that the server names in its own words. */
export const behaviourColumnOf = ({ when, items }: BehaviourColumns, field: string): string => {
  if (field === 'member') return CUSTOMER;
  if (field === 'occurred') return when;
  return items.find((column) => itemOf(column) === field) ?? field;
};
