import { exactly } from './exactly.js';
import type { NightRows } from './night-rows.js';

/** What one group of rows adds up to. */
export type Tally = Readonly<{ people: number; count: number; units: number; sum: number }>;

/** A group of at least k people. */
export type Published = Readonly<{ group: number; tally: Tally }>;

export type Grouping = Readonly<{ groups: number; groupOf: (row: number) => number }>;

/** Rows by group, each group's from `starts[group]` to `starts[group + 1]` (a counting sort: no comparison, no object). */
const byGroup = (rows: Uint32Array, { groups, groupOf }: Grouping) => {
  const starts = new Uint32Array(groups + 1);
  const grow = (index: number, by: number): void => {
    starts[index] = (starts[index] ?? 0) + by;
  };
  for (const row of rows) grow(groupOf(row) + 1, 1);
  for (let group = 0; group < groups; group++) grow(group + 1, starts[group] ?? 0);
  const next = starts.slice();
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) {
    const group = groupOf(row);
    const place = next[group] ?? 0;
    sorted[place] = row;
    next[group] = place + 1;
  }
  return { starts, sorted };
};

/**
 * Counts people: `seen` holds for each person the last group they were met in. Pseudonyms of two nights may be one
 * person's, so the distinct people of each night are counted apart and the largest number stands: it is never more
 * than there are.
 */
const peopleCounter = (table: NightRows) => {
  const seen = new Uint32Array(table.people());
  const perLabel = new Uint32Array(table.labels());
  let stamp = 0;
  return (rows: Uint32Array): number => {
    stamp++;
    perLabel.fill(0);
    let most = 0;
    for (const row of rows) {
      const person = table.personOf(row);
      if (seen[person] === stamp) continue;
      seen[person] = stamp;
      const label = table.labelOf(person);
      const met = (perLabel[label] ?? 0) + 1;
      perLabel[label] = met;
      if (met > most) most = met;
    }
    return most;
  };
};

const tallyOf = (table: NightRows, rows: Uint32Array, people: number): Tally => {
  let [count, units, sum] = [0, 0, 0];
  for (const row of rows) {
    count += table.countOf(row);
    units += table.unitsOf(row);
    sum += table.amountOf(row);
  }
  return { people, count: exactly(count), units: exactly(units), sum: exactly(sum) };
};

/** Splits rows into the groups that cover at least k people, and all the rows of the others. */
export const publishGroups = (
  table: NightRows,
  rows: Uint32Array,
  grouping: Grouping,
  k: number,
): Readonly<{ published: readonly Published[]; rest: Uint32Array }> => {
  const { starts, sorted } = byGroup(rows, grouping);
  const peopleOf = peopleCounter(table);
  const published: Published[] = [];
  const rest = new Uint32Array(rows.length);
  let left = 0;
  for (let group = 0; group < grouping.groups; group++) {
    const own = sorted.subarray(starts[group], starts[group + 1]);
    if (own.length === 0) continue;
    const people = peopleOf(own);
    if (people >= k) published.push({ group, tally: tallyOf(table, own, people) });
    else {
      rest.set(own, left);
      left += own.length;
    }
  }
  return { published, rest: rest.slice(0, left) };
};
