import type { NightCopy } from '../behaviour/index.js';
import type { LocalDate } from '../kernel/index.js';
import { exactly } from './exactly.js';
import { pairIndex } from './pair-index.js';

/** One day and one kind. */
export type DayCell = Readonly<{ day: LocalDate; kind: string }>;

/** Somebody, as one night knows them: the same person has another pseudonym in every other night. */
export type NightPerson = Readonly<{ night: LocalDate; person: string }>;

/**
 * The copies of a night in columns, one row for all that somebody did of one kind on one day: to tell whether k people
 * did it, each of them must be known in each cell, and no more than that. A row is 32 bytes and its place in the index
 * 8 to 16, whatever its texts; what is long (pseudonyms, days, kinds) is held once. Millions of copies come; as many
 * objects would not fit.
 */
export interface NightRows {
  readonly size: () => number;
  readonly cells: readonly DayCell[];
  readonly people: () => number;
  /** How many nights the pseudonyms are of, and which of them somebody's is of. */
  readonly labels: () => number;
  readonly labelOf: (person: number) => number;
  readonly cellOf: (row: number) => number;
  readonly personOf: (row: number) => number;
  readonly countOf: (row: number) => number;
  readonly unitsOf: (row: number) => number;
  readonly amountOf: (row: number) => number;
  /** The pseudonyms of these few: all are gone through. */
  readonly namesOf: (people: ReadonlySet<number>) => ReadonlyMap<number, NightPerson>;
  readonly add: (copy: NightCopy) => void;
}

const BLOCK_BITS = 16;
const BLOCK = 1 << BLOCK_BITS;
const IN_BLOCK = BLOCK - 1;

type Numbers = Uint32Array | Float64Array;

/** Grows by blocks: nothing is ever copied to a larger place, so there are never two of it. */
const column = (make: (length: number) => Numbers) => {
  const blocks: Numbers[] = [];
  return {
    put: (row: number, value: number): void => {
      const index = row >>> BLOCK_BITS;
      const block = blocks[index] ?? (blocks[index] = make(BLOCK));
      block[row & IN_BLOCK] = value;
    },
    at: (row: number): number => blocks[row >>> BLOCK_BITS]?.[row & IN_BLOCK] ?? 0,
  };
};

const indexes = (length: number): Numbers => new Uint32Array(length);
const measures = (length: number): Numbers => new Float64Array(length);

/** Numbers for pairs of texts, from 0 in the order they come. */
const interned = () => {
  const numbers = new Map<string, Map<string, number>>();
  let size = 0;
  const numberOf = (first: string, second: string, fresh: (number: number) => void): number => {
    const inner = numbers.get(first) ?? new Map<string, number>();
    if (inner.size === 0) numbers.set(first, inner);
    const known = inner.get(second);
    if (known !== undefined) return known;
    inner.set(second, size);
    fresh(size);
    return size++;
  };
  return { numbers, numberOf, size: () => size };
};

const personTable = () => {
  const known = interned();
  const labels = new Map<string, number>();
  const label = column(indexes);
  const labelOfNight = (night: string): number => {
    const number = labels.get(night) ?? labels.size;
    labels.set(night, number);
    return number;
  };
  return {
    numberOf: ({ night, person }: NightPerson): number =>
      known.numberOf(night, person, (number) => label.put(number, labelOfNight(night))),
    size: known.size,
    labels: () => labels.size,
    labelOf: label.at,
    namesOf: (people: ReadonlySet<number>): ReadonlyMap<number, NightPerson> => {
      const names = new Map<number, NightPerson>();
      for (const [night, inner] of known.numbers)
        for (const [person, number] of inner) if (people.has(number)) names.set(number, { night, person });
      return names;
    },
  };
};

export const nightRows = (): NightRows => {
  const [cells, cellNumbers, persons] = [[] as DayCell[], interned(), personTable()];
  const [cell, person] = [column(indexes), column(indexes)];
  const [count, units, amount] = [column(measures), column(measures), column(measures)];
  const rowOf = pairIndex({ first: cell.at, second: person.at });
  let size = 0;
  const rowFor = (cellNumber: number, personNumber: number): number => {
    const row = rowOf(cellNumber, personNumber, size);
    if (row < size) return row;
    cell.put(row, cellNumber);
    person.put(row, personNumber);
    return size++;
  };
  return {
    size: () => size,
    cells,
    people: persons.size,
    labels: persons.labels,
    labelOf: persons.labelOf,
    namesOf: persons.namesOf,
    cellOf: cell.at,
    personOf: person.at,
    countOf: count.at,
    unitsOf: units.at,
    amountOf: amount.at,
    add: (copy) => {
      const { day, kind } = copy;
      const cellNumber = cellNumbers.numberOf(day, kind, () => cells.push({ day, kind }));
      const row = rowFor(cellNumber, persons.numberOf(copy));
      count.put(row, exactly(count.at(row) + copy.count));
      units.put(row, exactly(units.at(row) + copy.units));
      amount.put(row, exactly(amount.at(row) + copy.amount));
    },
  };
};
