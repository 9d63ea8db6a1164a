import type { Actor, Instant, LocalDate, Processing } from '../kernel/index.js';

/** The category of what a member does. */
export const behaviourCategory = 'behaviour';

/** The category of what the statistics of one night are made of: its keys live until the night is counted. */
export const nightCategory = 'night';

/** What was done, as the kind's form in the pack has it: measures are whole numbers (an amount in cents), the rest is text. */
export type BehaviourDetails = Readonly<{
  units: number;
  amount: number;
  texts: Readonly<Record<string, string>>;
}>;

/** Who recorded it, when, and how the data is handled: in clear it would lead back to the person (R003, R013). */
export type BehaviourFrame = Readonly<{
  actor: Actor;
  at: Instant;
  processing: Processing;
  /** The trace of its command, which is nothing else's: sealed like the rest, and gone with it. */
  trace?: string;
}>;

/** When something was done, as it was given: an `Instant`, or only the `LocalDate`. */
export type OccurredAt = string;

/** What is sealed into one event of a person's day: something done, or the right details of something recorded that day. */
export type BehaviourBody =
  | Readonly<{
      what: 'recorded';
      kind: string;
      occurred: OccurredAt;
      details: BehaviourDetails;
      frame: BehaviourFrame;
    }>
  | Readonly<{
      what: 'corrected';
      /** The handle of what is corrected (`<day>.<uuid>`). */
      of: string;
      kind: string;
      details: BehaviourDetails;
      frame: BehaviourFrame;
    }>;

/**
 * What one behaviour adds to the statistics. `person`: a pseudonym that holds for the night `night` alone.
 * A correction adds no count, and the difference in units and amount (cents).
 */
export type NightCopy = Readonly<{
  night: LocalDate;
  person: string;
  day: LocalDate;
  kind: string;
  count: number;
  units: number;
  amount: number;
}>;

/** The copy of an event whose contribution stands elsewhere (with its import's chunk): it looks like any other. */
export type VoidCopy = Readonly<{ void: true }>;
