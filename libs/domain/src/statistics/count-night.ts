import type { NightCopy, VoidCopy } from '../behaviour/index.js';
import { publishGroups, type Published } from './grouping.js';
import { nightCells, type DayCell, type NightCells } from './night-cells.js';
import type { Measures, NightRow } from './night-rows.js';
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

/** How far the rest of the cells is merged, one level after the other; no name of a period or a kind holds the sign. */
const MERGED: readonly Readonly<{ level: CountLevel; nameOf: (cell: DayCell) => string }>[] = [
  { level: 'month', nameOf: ({ day, kind }) => `${day.slice(0, 7)}|${kind}` },
  { level: 'other', nameOf: () => '|' },
];

const NO_CELL: DayCell = { day: '', kind: '' };

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const inOrder = (cells: readonly CountedCell[]): readonly CountedCell[] =>
  [...cells].sort((one, other) => compare(one.period, other.period) || compare(one.kind, other.kind));

const sumsOf = ({ count, units, amount }: Measures) => ({ count, units, sum: amount });

const shownDays = (night: NightCells): readonly CountedCell[] =>
  inOrder(
    night.shown().map(({ day, kind, people, measures }) => ({
      level: 'day',
      period: day,
      kind,
      people,
      ...sumsOf(measures),
    })),
  );

const mergedCells = (level: CountLevel, published: readonly Published[]): readonly CountedCell[] =>
  inOrder(
    published.map(({ name, tally }) => {
      const [period = '', kind = ''] = name.split('|');
      return { level, period, kind, people: tally.people, ...sumsOf(tally.measures) };
    }),
  );

/** One copy of all that one person did of one kind on one day: fewer to carry, and no order of the log in them. */
const carriedCopies = ({ cells, people }: NightCells, rest: readonly NightRow[]): readonly NightCopy[] => {
  const names = people.namesOf(new Set(rest.map(({ person }) => person)));
  const copies = rest.flatMap((row) => {
    const [cell, person] = [cells[row.cell], names.get(row.person)];
    if (cell === undefined || person === undefined) return [];
    const { day, kind } = cell;
    const copy = { ...person, day, kind, ...row.measures };
    return [[`${person.night}|${person.person}|${day}|${kind}`, copy] as const];
  });
  return copies.sort(([one], [other]) => compare(one, other)).map(([, copy]) => copy);
};

const countCells = (night: NightCells, k: number): NightCount => {
  const { people, cells: days } = night;
  const cells: CountedCell[] = [...shownDays(night)];
  let rest = night.rows();
  for (const { level, nameOf } of MERGED) {
    const split = publishGroups(rest, ({ cell }) => nameOf(days[cell] ?? NO_CELL), people, k);
    cells.push(...mergedCells(level, split.published));
    rest = split.rest;
  }
  const rows = cells.reduce((sum, { count }) => sum + count, 0);
  return { cells, carried: carriedCopies(night, rest), rows };
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
  const cells = nightCells(k);
  return {
    add: (copy) => {
      if (!('void' in copy)) cells.add(copy);
    },
    count: () => countCells(cells, k),
  };
};

/** As `nightCounter`, of copies that are at hand. */
export const countNight = (copies: Iterable<NightCopy | VoidCopy>, k: number): NightCount => {
  const counter = nightCounter(k);
  for (const copy of copies) counter.add(copy);
  return counter.count();
};
