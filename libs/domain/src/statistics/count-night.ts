import type { NightCopy, VoidCopy } from '../behaviour/index.js';
import { publishGroups, type Grouping, type Published } from './grouping.js';
import { nightRows, type NightRows } from './night-rows.js';
import type { BehaviourCounted, CountLevel } from './statistics.events.js';

/** One cell of a night, without the night's own name. */
export type CountedCell = Omit<BehaviourCounted['data'], 'night'>;

/**
 * `rows`: the behaviours in the cells, which is what their own counts add up to. A number of all that came in would
 * show, beside the cells, how much the few did who are carried.
 */
export type NightCount = Readonly<{
  cells: readonly CountedCell[];
  carried: readonly NightCopy[];
  rows: number;
}>;

/** Takes copies one by one, so that nobody has to hold them all. */
export interface NightCounter {
  readonly add: (copy: NightCopy | VoidCopy) => void;
  /** Changes nothing: may be asked again. */
  readonly count: () => NightCount;
}

/** A name for each group of cells, and the number of the group that each cell is in. */
const groupsBy = (table: NightRows, nameOf: (day: string, kind: string) => string) => {
  const numbers = new Map<string, number>();
  const groupOfCell = table.cells.map(({ day, kind }) => {
    const name = nameOf(day, kind);
    const group = numbers.get(name) ?? numbers.size;
    numbers.set(name, group);
    return group;
  });
  const grouping: Grouping = {
    groups: numbers.size,
    groupOf: (row) => groupOfCell[table.cellOf(row)] ?? 0,
  };
  return { names: [...numbers.keys()], grouping };
};

/** How far cells are merged at each level; no name of a period or a kind holds the sign between them. */
const LEVELS: readonly Readonly<{ level: CountLevel; nameOf: (day: string, kind: string) => string }>[] = [
  { level: 'day', nameOf: (day, kind) => `${day}|${kind}` },
  { level: 'month', nameOf: (day, kind) => `${day.slice(0, 7)}|${kind}` },
  { level: 'other', nameOf: () => '|' },
];

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const cellsOf = (
  level: CountLevel,
  names: readonly string[],
  published: readonly Published[],
): readonly CountedCell[] =>
  published
    .map(({ group, tally }) => {
      const [period = '', kind = ''] = (names[group] ?? '').split('|');
      return { level, period, kind, ...tally };
    })
    .sort((one, other) => compare(one.period, other.period) || compare(one.kind, other.kind));

/** One copy of all that one person did of one kind on one day: fewer to carry, and no order of the log in them. */
const carriedCopies = (table: NightRows, rest: Uint32Array): readonly NightCopy[] => {
  const merged = new Map<string, NightCopy>();
  const names = table.namesOf(new Set(Array.from(rest, table.personOf)));
  for (const row of rest) {
    const [cell, person] = [table.cells[table.cellOf(row)], names.get(table.personOf(row))];
    if (cell === undefined || person === undefined) continue;
    const key = `${person.night}|${person.person}|${cell.day}|${cell.kind}`;
    const before = merged.get(key);
    merged.set(key, {
      ...person,
      ...cell,
      count: (before?.count ?? 0) + table.countOf(row),
      units: (before?.units ?? 0) + table.unitsOf(row),
      amount: (before?.amount ?? 0) + table.amountOf(row),
    });
  }
  return [...merged].sort(([one], [other]) => compare(one, other)).map(([, copy]) => copy);
};

const countRows = (table: NightRows, k: number): NightCount => {
  let rest: Uint32Array = new Uint32Array(table.size());
  for (let row = 0; row < rest.length; row++) rest[row] = row;
  const cells: CountedCell[] = [];
  for (const { level, nameOf } of LEVELS) {
    const { names, grouping } = groupsBy(table, nameOf);
    const split = publishGroups(table, rest, grouping, k);
    for (const cell of cellsOf(level, names, split.published)) cells.push(cell);
    rest = split.rest;
  }
  const rows = cells.reduce((sum, { count }) => sum + count, 0);
  return { cells, carried: carriedCopies(table, rest), rows };
};

/**
 * The statistics of one night (R046, R050). A cell is one kind on one day; what covers fewer than k people there is
 * merged into its month, what does not suffice there into `other`, and what is left below k even then is carried into
 * the next night as it is.
 *
 * Every copy is in one cell at most, and every cell is of at least k people: so two sums of cells, of whatever nights,
 * differ by nothing or by at least k people. A month's cell holds only what no day shows, `other` only what is shown
 * nowhere else, so that subtracting one from the other singles nobody out. `people` is the largest number of distinct
 * pseudonyms of one night: carried copies may be of the same people, so adding them could claim more than there are.
 * A correction counts its person like anything done.
 *
 * Sums of cells and carried copies are exactly those of all copies (`STATISTICS_INEXACT` where they cannot be).
 * Linear in the copies; the same copies give the same cells in the same order, however they come.
 */
export const nightCounter = (k: number): NightCounter => {
  const table = nightRows();
  return {
    add: (copy) => {
      if (!('void' in copy)) table.add(copy);
    },
    count: () => countRows(table, k),
  };
};

/** As `nightCounter`, of copies that are at hand. */
export const countNight = (copies: Iterable<NightCopy | VoidCopy>, k: number): NightCount => {
  const counter = nightCounter(k);
  for (const copy of copies) counter.add(copy);
  return counter.count();
};
