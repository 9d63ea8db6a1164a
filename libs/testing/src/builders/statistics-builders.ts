import type { BehaviourDayAnonymised, ReadRecordEnded, RetentionSwept } from '@lacuna/domain/retention';
import type { BehaviourCounted, NightCounted } from '@lacuna/domain/statistics';
import { eventBuilder, instantOf } from './message-builder.js';

const night = '1998-07-01';
const destroyedAt = instantOf('1998-07-01T23:00+08:00');
const unrecoverableAt = instantOf('1998-07-01T23:00:01+08:00');

export const behaviourCounted = eventBuilder<BehaviourCounted>('BehaviourCounted', {
  night,
  level: 'day',
  period: '1998-03-04',
  kind: 'purchase',
  people: 7,
  count: 9,
  units: 21,
  sum: 31_443,
});
export const nightCounted = eventBuilder<NightCounted>('NightCounted', {
  night,
  rows: 9,
  cells: 1,
  remainder: false,
});

/** The first day that the run of 1 July 1998 ends under six months: its last midnight is the one that follows. */
export const behaviourDayAnonymised = eventBuilder<BehaviourDayAnonymised>('BehaviourDayAnonymised', {
  category: 'behaviour',
  day: '1998-01-02',
  cite: 'R041 000§3.2',
  destroyedAt,
  unrecoverableAt,
});
export const readRecordEnded = eventBuilder<ReadRecordEnded>('ReadRecordEnded', {
  month: '1995-06',
  cite: 'R097 000§5.1',
  destroyedAt,
  unrecoverableAt,
});
export const retentionSwept = eventBuilder<RetentionSwept>('RetentionSwept', {
  date: night,
  items: [{ category: 'behaviour', cite: 'R041 000§3.2', through: '1998-01-02', ended: 1 }],
});
