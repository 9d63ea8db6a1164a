import type { DomainEvent, Instant, Actor, Processing } from './event.js';
import type { Refusal, Violation } from './errors.js';

/** What a command brings in beside its data: a decider never asks a clock, an id generator or a store. */
export type CommandContext = Readonly<{
  tenant: string;
  at: Instant;
  actor: Actor;
  processing: Processing;
}>;

export type Command<Type extends string = string, Data extends object = object> = Readonly<{
  type: Type;
  data: Readonly<Data>;
  context: CommandContext;
}>;

export type Refused = Readonly<{ kind: 'refused'; refusal: Refusal }>;

/** Accepted with its events (none: nothing to do), or refused with the reason. */
export type Decision<E extends DomainEvent> = Readonly<{ kind: 'accepted'; events: readonly E[] }> | Refused;

/**
 * An aggregate: pure functions over readonly data. `V` is the shape of a personal value: a decider decides
 * over plain text (`string`), and folds what is in the log (`Sealed`) without ever opening it.
 */
export type Decider<
  State,
  C extends Command,
  Decided extends DomainEvent,
  Stored extends DomainEvent,
> = Readonly<{
  initialState: State;
  decide: (command: C, state: State) => Decision<Decided>;
  evolve: (state: State, event: Stored) => State;
}>;

export const accept = <E extends DomainEvent>(...events: readonly E[]): Decision<E> => ({
  kind: 'accepted',
  events,
});

/** The fact already holds: accepted, and nothing is written. */
export const nothing = (): Decision<never> => ({ kind: 'accepted', events: [] });

export const refuse = (code: string, ...violations: readonly Violation[]): Refused => ({
  kind: 'refused',
  refusal: { code, violations },
});
