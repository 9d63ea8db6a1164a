import type { NightPeople } from './night-people.js';
import { added, type Measures, type NightRow } from './night-rows.js';

/** What one group of rows adds up to. */
export type Tally = Readonly<{ people: number; measures: Measures }>;

/** A group of at least k people. */
export type Published = Readonly<{ name: string; tally: Tally }>;

const byName = (
  rows: readonly NightRow[],
  nameOf: (row: NightRow) => string,
): ReadonlyMap<string, readonly NightRow[]> => {
  const groups = new Map<string, NightRow[]>();
  for (const row of rows) {
    const name = nameOf(row);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return groups;
};

/**
 * Pseudonyms of two nights may be one person's, so the distinct people of each night are counted apart and the largest
 * number stands: it is never more than there are.
 */
const peopleIn = (rows: readonly NightRow[], people: NightPeople): number => {
  const perLabel: number[] = [];
  for (const person of new Set(rows.map((row) => row.person))) {
    const label = people.labelOf(person);
    perLabel[label] = (perLabel[label] ?? 0) + 1;
  }
  return perLabel.reduce((most, met) => Math.max(most, met), 0);
};

const tallyOf = (rows: readonly NightRow[], people: number): Tally => ({
  people,
  measures: rows.reduce<Measures>((sum, { measures }) => added(sum, measures), {
    count: 0,
    units: 0,
    amount: 0,
  }),
});

/** Splits rows into the groups that cover at least k people, and all the rows of the others. */
export const publishGroups = (
  rows: readonly NightRow[],
  nameOf: (row: NightRow) => string,
  people: NightPeople,
  k: number,
): Readonly<{ published: readonly Published[]; rest: readonly NightRow[] }> => {
  const published: Published[] = [];
  const rest: NightRow[] = [];
  for (const [name, group] of byName(rows, nameOf)) {
    const met = peopleIn(group, people);
    if (met >= k) published.push({ name, tally: tallyOf(group, met) });
    else for (const row of group) rest.push(row);
  }
  return { published, rest };
};
