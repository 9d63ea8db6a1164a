import {
  count,
  declareEvent,
  instant,
  listOf,
  localDate,
  localMonth,
  nullable,
  packText,
  period,
  record,
  word,
  type DomainEvent,
  type Instant,
  type LocalDate,
} from '../kernel/index.js';

/** All of one local day is unlinkable: its key is destroyed, and the key-encryption key that could have opened it (R041). */
export type BehaviourDayAnonymised = DomainEvent<
  'BehaviourDayAnonymised',
  { category: string; day: LocalDate; cite: string; destroyedAt: Instant; unrecoverableAt: Instant }
>;

/** The record of who was read in one month is at its end (R044, R097). `month` is `1998-07`. */
export type ReadRecordEnded = DomainEvent<
  'ReadRecordEnded',
  { month: string; cite: string; destroyedAt: Instant; unrecoverableAt: Instant }
>;

/** What a sweep did about one category: everything up to `through` (null: nothing is due by the clock) has ended. */
export type SweepItem = Readonly<{ category: string; cite: string; through: string | null; ended: number }>;

/** Evidence of a sweep, also of one that found nothing to end (R044). */
export type RetentionSwept = DomainEvent<'RetentionSwept', { date: LocalDate; items: readonly SweepItem[] }>;

export type RetentionEvent = BehaviourDayAnonymised | ReadRecordEnded | RetentionSwept;

export const retentionDeclarations = [
  declareEvent<BehaviourDayAnonymised>('BehaviourDayAnonymised', 1, {
    subject: null,
    fields: {
      category: word,
      day: localDate,
      cite: packText,
      destroyedAt: instant,
      unrecoverableAt: instant,
    },
  }),
  declareEvent<ReadRecordEnded>('ReadRecordEnded', 1, {
    subject: null,
    fields: { month: localMonth, cite: packText, destroyedAt: instant, unrecoverableAt: instant },
  }),
  declareEvent<RetentionSwept>('RetentionSwept', 1, {
    subject: null,
    fields: {
      date: localDate,
      items: listOf(record({ category: word, cite: packText, through: nullable(period), ended: count })),
    },
  }),
];
