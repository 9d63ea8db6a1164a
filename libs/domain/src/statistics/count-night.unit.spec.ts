import * as fc from 'fast-check';
import { nightCopy } from '@lacuna/testing';
import type { NightCopy } from '../behaviour/index.js';
import { countNight, nightCounter, type CountedCell, type NightCount } from './index.js';

const K = 5;

/** n people who each did one thing, of one kind on one day. */
const people = (n: number, change: Partial<NightCopy> = {}, from = 1): readonly NightCopy[] =>
  Array.from({ length: n }, (_, index) => nightCopy({ person: `person-${from + index}`, ...change }));

const cell = (level: CountedCell['level'], period: string, kind: string, n: number) => ({
  ...{ level, period, kind, people: n, count: n },
  ...{ units: n * 2, sum: n * 1177 },
});

describe('R046 R050 a figure covers at least k people', () => {
  it('a day of k people is shown by itself, a day of one less with its month', () => {
    const copies = [...people(5, { day: '1998-03-04' }), ...people(4, { day: '1998-03-05' }), ...people(1)];
    expect(countNight(copies, K).cells).toEqual([
      { ...cell('day', '1998-03-04', 'purchase', 5), count: 6, units: 12, sum: 7062 },
    ]);
    const two = [...people(4, { day: '1998-03-05' }), ...people(4, { day: '1998-03-06' }, 4)];
    expect(countNight(two, K).cells).toEqual([
      { ...cell('month', '1998-03', 'purchase', 7), count: 8, units: 16, sum: 9416 },
    ]);
  });

  it('what is too little for its month goes into one figure of everything else', () => {
    const copies = [
      ...people(3, { day: '1998-03-05' }),
      ...people(1, { day: '1998-04-01' }, 4),
      ...people(1, { day: '1998-04-01', kind: 'service-need' }, 5),
    ];
    expect(countNight(copies, K)).toEqual({ cells: [cell('other', '', '', 5)], carried: [], rows: 5 });
  });

  it('and what is too little even then is carried, under the pseudonyms of its own night', () => {
    const few = people(4);
    expect(countNight(few, K)).toEqual({ cells: [], carried: few, rows: 0 });
    const tomorrow = people(5, { night: '1998-07-02', day: '1998-05-05', kind: 'group-post' }, 50);
    const later = countNight([...few, ...tomorrow], K);
    expect(later).toEqual({
      cells: [cell('day', '1998-05-05', 'group-post', 5)],
      carried: few,
      rows: 5,
    });
  });

  it('k is the pack’s: with 2 two people are a figure', () => {
    expect(countNight(people(2), 2).cells).toEqual([cell('day', '1998-03-04', 'purchase', 2)]);
    expect(countNight(people(1), 2).cells).toEqual([]);
  });

  it('never adds up the people of two nights: they may be the same', () => {
    const copies = [...people(4), ...people(4, { night: '1998-07-02' }, 90)];
    expect(countNight(copies, K)).toMatchObject({ cells: [], rows: 0 });
    expect(countNight(copies, K).carried).toHaveLength(8);
    const enough = [...people(4), ...people(6, { night: '1998-07-02' }, 90)];
    expect(countNight(enough, K).cells).toMatchObject([{ level: 'day', people: 6, count: 10 }]);
  });

  it('one person who does a hundred things is one person', () => {
    const busy = Array.from({ length: 100 }, () => nightCopy());
    expect(countNight(busy, K)).toEqual({
      cells: [],
      carried: [nightCopy({ count: 100, units: 200, amount: 117_700 })],
      rows: 0,
    });
  });

  it('a correction counts its person, adds no count, and may make the sums smaller', () => {
    const corrections = people(5, { count: 0, units: -1, amount: -100 });
    expect(countNight(corrections, K).cells).toEqual([
      { ...cell('day', '1998-03-04', 'purchase', 5), count: 0, units: -5, sum: -500 },
    ]);
  });
});

it('leaves out the copies that stand elsewhere', () => {
  expect(countNight([...people(5), { void: true }], K)).toEqual(countNight(people(5), K));
});

it('an empty night has nothing to show and nothing to carry', () => {
  expect(countNight([], K)).toEqual({ cells: [], carried: [], rows: 0 });
});

it('refuses sums that cannot be exact rather than showing others', () => {
  const huge = people(5, { amount: Number.MAX_SAFE_INTEGER });
  expect(() => countNight(huge, K)).toThrow(expect.objectContaining({ code: 'STATISTICS_INEXACT' }) as Error);
});

it('counts again what it counted before', () => {
  const counter = nightCounter(K);
  people(9).forEach(counter.add);
  const first = counter.count();
  expect(counter.count()).toEqual(first);
  people(9, { day: '1998-06-06' }).forEach(counter.add);
  expect(counter.count().cells).toHaveLength(2);
});

it('many copies of what a thousand people did take the room of what they did', () => {
  const counter = nightCounter(K);
  for (let index = 0; index < 200_000; index++)
    counter.add(
      nightCopy({
        person: `person-${index % 1_000}`,
        day: `1998-03-0${1 + (index % 8)}`,
        units: 1,
        amount: 3,
      }),
    );
  const { cells, carried, rows } = counter.count();
  expect([cells.length, carried, rows]).toEqual([8, [], 200_000]);
  // Eight and a thousand have 8 in common: each person is met on one day alone.
  expect(new Set(cells.map(({ people, count, units, sum }) => [people, count, units, sum].join()))).toEqual(
    new Set(['125,25000,25000,75000']),
  );
});

it('refuses what one person did beyond what can be added exactly', () => {
  const [huge] = people(1, { amount: Number.MAX_SAFE_INTEGER });
  const counter = nightCounter(K);
  counter.add(huge!);
  expect(() => counter.add(huge!)).toThrow(expect.objectContaining({ code: 'STATISTICS_INEXACT' }) as Error);
});

/** Somebody did something; `who` is the person, whom no copy names. */
type Deed = Readonly<{ who: number; night: number; day: number; kind: number; copy: NightCopy }>;

const KINDS = ['purchase', 'group-post', 'service-need'];
const nightName = (night: number): string => `1998-07-0${night + 1}`;
/** Another name in every night, in no order of who they are. */
const pseudonym = (who: number, night: number): string => `p${(who * 7919 + night * 104_729) % 99_991}`;

const deed = (who: number, night: number, [day, kind, amount]: readonly [number, number, number]): Deed => ({
  ...{ who, night, day, kind },
  copy: {
    night: nightName(night),
    person: pseudonym(who, night),
    day: `1998-0${3 + (day % 2)}-0${1 + (day >> 1)}`,
    kind: KINDS[kind] ?? '',
    count: amount % 5 === 0 ? 0 : 1,
    units: (amount % 7) - 3,
    amount,
  },
});

const deeds = (nights: number, most: number) =>
  fc.array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: nights - 1 }),
        fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 }), fc.nat({ max: 2 ** 40 })),
      )
      .map(([who, night, what]) => deed(who, night, what)),
    { minLength: Math.floor(most / 4), maxLength: most, size: 'max' },
  );

const copiesOf = (list: readonly Deed[]): readonly NightCopy[] => list.map(({ copy }) => copy);

const total = (parts: readonly Readonly<{ count: number; units: number; amount: number }>[]) =>
  parts.reduce(
    (sum, part) => ({
      count: sum.count + part.count,
      units: sum.units + part.units,
      amount: sum.amount + part.amount,
    }),
    { count: 0, units: 0, amount: 0 },
  );
const sums = ({ count, units, sum }: CountedCell) => ({ count, units, amount: sum });

/** The deeds in each cell, as the rule has it: a day's own, of the month what no day shows, of the rest what no month shows. */
const deedsOfCells = (list: readonly Deed[], cells: readonly CountedCell[]): readonly (readonly Deed[])[] => {
  let left = list;
  return cells.map(({ level, period, kind }) => {
    const isIn = ({ copy }: Deed): boolean =>
      level === 'other' || (copy.kind === kind && copy.day.startsWith(period));
    const own = left.filter(isIn);
    left = left.filter((one) => !isIn(one));
    return own;
  });
};

const who = (list: readonly Deed[]): number => new Set(list.map((one) => one.who)).size;
const mostOfOneNight = (list: readonly Deed[]): number =>
  Math.max(0, ...[0, 1, 2].map((night) => who(list.filter((one) => one.night === night))));

describe('R046 whatever comes in', () => {
  const k = fc.integer({ min: 2, max: 6 });

  it('is in the cells or carried, to the last unit and cent', () => {
    fc.assert(
      fc.property(deeds(3, 120), k, (list, k) => {
        const { cells, carried, rows } = countNight(copiesOf(list), k);
        expect(total([...cells.map(sums), ...carried])).toEqual(total(copiesOf(list)));
        expect(rows).toBe(cells.reduce((sum, { count }) => sum + count, 0));
      }),
      { numRuns: 300 },
    );
  });

  it('each cell is what the rule puts there, of k people at least, and says no more of them than there are', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(deeds(3, 120), k, (list, k) => {
        const { cells, carried } = countNight(copiesOf(list), k);
        deedsOfCells(list, cells).forEach((own, index) => {
          const shown = cells[index]!;
          seen.add(shown.level);
          expect(sums(shown)).toEqual(total(copiesOf(own)));
          expect(shown.people).toBe(mostOfOneNight(own));
          expect(shown.people).toBeGreaterThanOrEqual(k);
          expect(shown.people).toBeLessThanOrEqual(who(own));
        });
        for (const night of [0, 1, 2]) {
          const left = carried.filter((copy) => copy.night === nightName(night));
          expect(new Set(left.map(({ person }) => person)).size).toBeLessThan(k);
        }
        if (carried.length > 0) seen.add('carried');
      }),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual(['carried', 'day', 'month', 'other']);
  });

  it('gives the same in any order', () => {
    const shuffled = deeds(3, 80).chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(countNight(copiesOf(other), K)).toEqual(countNight(copiesOf(list), K));
      }),
    );
  });
});

/** Three nights, one after the other: what is left of each is carried into the next. */
const threeNights = (list: readonly Deed[], k: number): readonly NightCount[] => {
  let carried: readonly NightCopy[] = [];
  return [0, 1, 2].map((night) => {
    const counted = countNight([...carried, ...copiesOf(list.filter((one) => one.night === night))], k);
    carried = counted.carried;
    return counted;
  });
};

/** The deeds in every cell of three nights; a deed that was carried is in a cell of a later night. */
const shownDeeds = (
  list: readonly Deed[],
  nights: readonly NightCount[],
  k: number,
): readonly (readonly Deed[])[] => {
  let waiting: readonly Deed[] = [];
  return nights.flatMap(({ cells }, night) => {
    waiting = [...waiting, ...list.filter((one) => one.night === night)];
    const own = deedsOfCells(waiting, cells);
    const shown = new Set(own.flat());
    waiting = waiting.filter((one) => !shown.has(one));
    expect(mostOfOneNight(waiting)).toBeLessThan(k);
    return own;
  });
};

it('R046 any two sums of figures, of one night or of several, differ by nothing or by at least k people', () => {
  let differences = 0;
  fc.assert(
    fc.property(
      deeds(3, 200),
      fc.integer({ min: 2, max: 6 }),
      fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 80, maxLength: 80 }),
      (list, k, choice) => {
        const shown = shownDeeds(list, threeNights(list, k), k);
        const one = new Set(shown.filter((_, index) => choice[index]?.[0]).flat());
        const other = new Set(shown.filter((_, index) => choice[index]?.[1]).flat());
        const parts = [
          [...one].filter((deed) => !other.has(deed)),
          [...other].filter((deed) => !one.has(deed)),
        ];
        for (const part of parts.filter(({ length }) => length > 0)) {
          differences++;
          expect(who(part)).toBeGreaterThanOrEqual(k);
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(differences).toBeGreaterThan(300);
});

it('R046 totals over all nights are those of what was done, but for a remainder that is carried at last', () => {
  fc.assert(
    fc.property(deeds(3, 150), (list) => {
      const nights = threeNights(list, K);
      const shown = nights.flatMap(({ cells }) => cells.map(sums));
      expect(total([...shown, ...(nights.at(-1)?.carried ?? [])])).toEqual(total(copiesOf(list)));
    }),
  );
});

it('counts a night of 200,000 as it counts a small one', () => {
  const counter = nightCounter(K);
  for (let row = 0; row < 200_000; row++)
    counter.add(
      nightCopy({
        person: `person-${(row * 7919) % 23_502}`,
        day: `1997-${String(1 + (row % 12)).padStart(2, '0')}-${String(1 + ((row >> 4) % 28)).padStart(2, '0')}`,
        amount: row,
      }),
    );
  const { cells, carried, rows } = counter.count();
  expect(rows).toBe(200_000);
  expect(carried).toEqual([]);
  expect(cells).toHaveLength(12 * 28);
  expect(cells.reduce((sum, one) => sum + one.sum, 0)).toBe((199_999 * 200_000) / 2);
});
