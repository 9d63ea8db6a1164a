import type { NightCopy } from '../behaviour/index.js';
import type { LocalDate } from '../kernel/index.js';

/** One day and one kind. */
export type DayCell = Readonly<{ day: LocalDate; kind: string }>;

/** Somebody, as one night knows them: the same person has another pseudonym in every other night. */
export type NightPerson = Readonly<{ night: LocalDate; person: string; label: number }>;

/**
 * The copies of a night in columns: a row is 32 bytes, whatever its texts. What is long (pseudonyms, days, kinds) is
 * held once. Millions of copies come; as many objects would not fit.
 */
export interface NightRows {
  readonly size: () => number;
  readonly cells: readonly DayCell[];
  readonly persons: readonly NightPerson[];
  /** How many nights the pseudonyms are of. */
  readonly labels: () => number;
  readonly cellOf: (row: number) => number;
  readonly personOf: (row: number) => number;
  readonly countOf: (row: number) => number;
  readonly unitsOf: (row: number) => number;
  readonly amountOf: (row: number) => number;
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

/** Numbers for pairs of texts, from 0 in the order they come. */
const interned = <Entry>(make: (first: string, second: string) => Entry) => {
  const numbers = new Map<string, Map<string, number>>();
  const entries: Entry[] = [];
  const numberOf = (first: string, second: string): number => {
    const inner = numbers.get(first) ?? new Map<string, number>();
    if (inner.size === 0) numbers.set(first, inner);
    const known = inner.get(second);
    if (known !== undefined) return known;
    inner.set(second, entries.length);
    return entries.push(make(first, second)) - 1;
  };
  return { entries, numberOf, firsts: () => numbers.size };
};

const whole = (length: number): Numbers => new Uint32Array(length);
const exact = (length: number): Numbers => new Float64Array(length);

export const nightRows = (): NightRows => {
  const cells = interned<DayCell>((day, kind) => ({ day, kind }));
  const labels = new Map<string, number>();
  const labelOf = (night: string): number => {
    const label = labels.get(night) ?? labels.size;
    labels.set(night, label);
    return label;
  };
  const persons = interned<NightPerson>((night, person) => ({ night, person, label: labelOf(night) }));
  const [cell, person] = [column(whole), column(whole)];
  const [count, units, amount] = [column(exact), column(exact), column(exact)];
  let size = 0;
  return {
    size: () => size,
    cells: cells.entries,
    persons: persons.entries,
    labels: () => labels.size,
    cellOf: cell.at,
    personOf: person.at,
    countOf: count.at,
    unitsOf: units.at,
    amountOf: amount.at,
    add: (copy) => {
      cell.put(size, cells.numberOf(copy.day, copy.kind));
      person.put(size, persons.numberOf(copy.night, copy.person));
      count.put(size, copy.count);
      units.put(size, copy.units);
      amount.put(size, copy.amount);
      size++;
    },
  };
};
