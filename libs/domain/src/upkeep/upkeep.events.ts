import {
  count,
  declareEvent,
  instant,
  listOf,
  localDate,
  oneOf,
  type DomainEvent,
  type Instant,
  type LocalDate,
} from '../kernel/index.js';

/** The classes of keys that rotate each by themselves. */
export const keyClasses = ['scope', 'subject', 'lookup'] as const;
export type KeyClassName = (typeof keyClasses)[number];

/** The living keys of a class are wrapped anew: what was destroyed up to `destroyedBefore` is unrecoverable. */
export type KeysRotated = DomainEvent<
  'KeysRotated',
  { keyClass: KeyClassName; epoch: number; destroyedBefore: Instant; unrecoverableAt: Instant }
>;

export type NightlyRunCompleted = DomainEvent<
  'NightlyRunCompleted',
  { date: LocalDate; rotated: readonly KeyClassName[] }
>;

/** The real clock jumped further than a run may follow unasked: nothing is destroyed until an operator confirms. */
export type ClockJumpPaused = DomainEvent<'ClockJumpPaused', { from: Instant; to: Instant }>;

export type ClockJumpConfirmed = DomainEvent<'ClockJumpConfirmed', Record<string, never>>;

/** What the system does by itself for every tenant, in its own stream. */
export type UpkeepEvent = KeysRotated | NightlyRunCompleted | ClockJumpPaused | ClockJumpConfirmed;

const keyClass = oneOf(...keyClasses);

export const upkeepDeclarations = [
  declareEvent<KeysRotated>('KeysRotated', 1, {
    subject: null,
    fields: { keyClass, epoch: count, destroyedBefore: instant, unrecoverableAt: instant },
  }),
  declareEvent<NightlyRunCompleted>('NightlyRunCompleted', 1, {
    subject: null,
    fields: { date: localDate, rotated: listOf(keyClass) },
  }),
  declareEvent<ClockJumpPaused>('ClockJumpPaused', 1, {
    subject: null,
    fields: { from: instant, to: instant },
  }),
  declareEvent<ClockJumpConfirmed>('ClockJumpConfirmed', 1, { subject: null, fields: {} }),
];
