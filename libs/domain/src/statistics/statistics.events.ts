import {
  count,
  declareEvent,
  flag,
  localDate,
  oneOf,
  period,
  wholeNumber,
  wordOrNone,
  type DomainEvent,
  type LocalDate,
} from '../kernel/index.js';

/** How far a cell had to be merged until it covered enough people: its day, the month, everything. */
export const countLevels = ['day', 'month', 'other'] as const;
export type CountLevel = (typeof countLevels)[number];

/**
 * What one night adds to the statistics: one cell that covers at least k people (R046, R050). `period` is
 * `1998-03-04`, `1998-03` or empty; `kind` a kind of the pack, empty where kinds are merged; `sum` in cents.
 * `people` are distinct within a day and night; sums of it are person-days.
 */
export type BehaviourCounted = DomainEvent<
  'BehaviourCounted',
  {
    night: LocalDate;
    level: CountLevel;
    period: string;
    kind: string;
    people: number;
    count: number;
    units: number;
    sum: number;
  }
>;

/**
 * The night is counted and its key may go. `rows`: the behaviours in its cells, what their counts add up to.
 * `remainder`: fewer than k people's wait for the next night.
 */
export type NightCounted = DomainEvent<
  'NightCounted',
  { night: LocalDate; rows: number; cells: number; remainder: boolean }
>;

export type StatisticsEvent = BehaviourCounted | NightCounted;

export const statisticsDeclarations = [
  declareEvent<BehaviourCounted>('BehaviourCounted', 1, {
    subject: null,
    fields: {
      night: localDate,
      level: oneOf(...countLevels),
      period,
      kind: wordOrNone,
      people: count,
      count: wholeNumber,
      units: wholeNumber,
      sum: wholeNumber,
    },
  }),
  declareEvent<NightCounted>('NightCounted', 1, {
    subject: null,
    fields: { night: localDate, rows: count, cells: count, remainder: flag },
  }),
];
