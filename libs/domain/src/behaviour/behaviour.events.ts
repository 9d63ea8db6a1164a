import {
  declareEvent,
  localDate,
  personal,
  personalList,
  type DomainEvent,
  type LocalDate,
  type Sealed,
} from '../kernel/index.js';
import { behaviourCategory, nightCategory } from './behaviour.body.js';

/**
 * Something a member did, or its correction: the one event of its stream, whose name only the keys of person and day
 * give. `body` is a `BehaviourBody`, `copy` a `NightCopy` or `VoidCopy`, both as JSON text (R041).
 */
export type BehaviourRecorded<V> = DomainEvent<
  'BehaviourRecorded',
  { day: LocalDate; night: LocalDate; body: V; copy: V }
>;

/** What came too late to be kept about anybody: `copies` is a shuffled list of `NightCopy`, as JSON text (R041, R046). */
export type BehavioursCountedOnly<V> = DomainEvent<'BehavioursCountedOnly', { night: LocalDate; copies: V }>;

export type BehaviourEvent<V> = BehaviourRecorded<V> | BehavioursCountedOnly<V>;

export const behaviourDeclarations = [
  declareEvent<BehaviourRecorded<Sealed>>('BehaviourRecorded', 1, {
    subject: null,
    unnamed: true,
    fields: {
      day: localDate,
      night: localDate,
      body: personal(behaviourCategory),
      copy: personal(nightCategory),
    },
  }),
  declareEvent<BehavioursCountedOnly<Sealed>>('BehavioursCountedOnly', 1, {
    subject: null,
    unnamed: true,
    fields: { night: localDate, copies: personalList(nightCategory) },
  }),
];
