import { catalogue, sealFields } from '@lacuna/domain/catalogue';
import type { Command, Decider, DomainEvent, Sealed, Violation } from '@lacuna/domain/kernel';

/** As custody's, but saying nothing: a decider that peeped into a sealed value would find only its label. */
const opaque = (category: string, label: string): Sealed => ({ sealed: `${category}/${label}` });

/** What the log would hold of a decided event: checked against its contract, personal values sealed, in the newest shape. */
export const asStored = (event: DomainEvent): DomainEvent => {
  const entry = catalogue.newest(event.type);
  return catalogue.upcast({
    type: event.type,
    schemaVersion: entry.version,
    data: sealFields(entry, event, opaque),
  });
};

export interface Outcome<Decided extends DomainEvent> {
  /** Accepted with exactly these events. */
  then(...events: readonly Decided[]): Settled<Decided>;
  /** Refused with this code; with these violations, where any are named. */
  thenRefused(code: string, ...violations: readonly Violation[]): void;
  /** Accepted, and nothing to write. */
  thenNothing(): Settled<Decided>;
}

export interface Settled<Decided extends DomainEvent> {
  /** The same command once more, on the state that the first one left behind. */
  andAgain(): Outcome<Decided>;
}

export interface DeciderSpec<C extends Command, Decided extends DomainEvent> {
  readonly given: (...history: readonly Decided[]) => { when: (command: C) => Outcome<Decided> };
}

/** Given / when / then for a decider. The history is written as it was decided, and folded as it would be stored. */
export const deciderSpec = <
  State,
  C extends Command,
  Decided extends DomainEvent,
  Stored extends DomainEvent,
>(
  decider: Decider<State, C, Decided, Stored>,
): DeciderSpec<C, Decided> => {
  // The catalogue has just made the stored form of the decider's own event.
  const fold = (state: State, events: readonly Decided[]): State =>
    events.reduce((folded, event) => decider.evolve(folded, asStored(event) as Stored), state);

  const outcome = (command: C, state: State): Outcome<Decided> => {
    const decision = decider.decide(command, state);
    const accepted = (events: readonly Decided[]): Settled<Decided> => {
      expect(decision).toEqual({ kind: 'accepted', events });
      return { andAgain: () => outcome(command, fold(state, events)) };
    };
    return {
      then: (...events) => accepted(events),
      thenNothing: () => accepted([]),
      thenRefused: (code, ...violations) => {
        expect(decision).toMatchObject({ kind: 'refused', refusal: { code } });
        if (violations.length > 0)
          expect(decision).toEqual({ kind: 'refused', refusal: { code, violations } });
      },
    };
  };

  return {
    given: (...history) => ({ when: (command) => outcome(command, fold(decider.initialState, history)) }),
  };
};
