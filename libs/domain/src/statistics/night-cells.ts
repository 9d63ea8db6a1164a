import type { NightCopy } from '../behaviour/index.js';
import type { LocalDate } from '../kernel/index.js';
import { nightPeople, type NightPeople } from './night-people.js';
import { added, type Measures, type NightRow } from './night-rows.js';
import { personSet } from './person-set.js';

/** One day and one kind. */
export type DayCell = Readonly<{ day: LocalDate; kind: string }>;

/** A cell that at least k people of one night are met in. */
export type ShownCell = DayCell & Readonly<{ people: number; measures: Measures }>;

export interface NightCells {
  readonly add: (copy: NightCopy) => void;
  readonly people: NightPeople;
  readonly cells: readonly DayCell[];
  readonly shown: () => readonly ShownCell[];
  /** What is in no shown cell, in no order. */
  readonly rows: () => readonly NightRow[];
}

const NOTHING: Measures = { count: 0, units: 0, amount: 0 };

/** A cell: who was met in it, what all did together and, while they are fewer than k, what each did. */
const nightCell = (people: NightPeople, k: number) => {
  const met = personSet();
  const perLabel: number[] = [];
  let most = 0;
  let together = NOTHING;
  let each: Map<number, Measures> | null = new Map();
  const meet = (person: number): void => {
    if (!met.add(person, people.size())) return;
    const label = people.labelOf(person);
    const now = (perLabel[label] ?? 0) + 1;
    perLabel[label] = now;
    most = Math.max(most, now);
    if (most >= k) each = null;
  };
  return {
    add: (person: number, measures: Measures): void => {
      meet(person);
      together = added(together, measures);
      each?.set(person, added(each.get(person) ?? NOTHING, measures));
    },
    /** Null while fewer than k people of one night are met in it. */
    shown: () => (each === null ? { people: most, measures: together } : null),
    each: (): Iterable<readonly [number, Measures]> => each ?? [],
  };
};

/**
 * The copies of a night as cells. That k people did a thing is certain once k are met, and then no more is held of each
 * of them than that they were: a bit, or four to eight bytes, for each person and cell. What each did stands only in
 * cells that fewer are met in. So the room is that of cells and people, however often they do what they do.
 */
export const nightCells = (k: number): NightCells => {
  const people = nightPeople();
  const numbers = new Map<string, number>();
  const cells: (DayCell & { readonly own: ReturnType<typeof nightCell> })[] = [];
  const cellOf = ({ day, kind }: DayCell) => {
    // No name of a kind holds the sign.
    const name = `${day}|${kind}`;
    const number = numbers.get(name) ?? cells.push({ day, kind, own: nightCell(people, k) }) - 1;
    numbers.set(name, number);
    return cells[number];
  };
  return {
    people,
    cells,
    add: (copy) => cellOf(copy)?.own.add(people.numberOf(copy), copy),
    shown: () =>
      cells.flatMap(({ day, kind, own }) => {
        const shown = own.shown();
        return shown === null ? [] : [{ day, kind, ...shown }];
      }),
    rows: () =>
      cells.flatMap(({ own }, cell) =>
        [...own.each()].map(([person, measures]) => ({ cell, person, measures })),
      ),
  };
};
