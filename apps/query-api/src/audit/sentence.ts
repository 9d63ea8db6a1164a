import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { Language } from './list-audit-trail.query.js';
import type { Words } from './words.js';

/**
 * What somebody did or signed up for has no entry in the trail: no list shows two of those records together, or one
 * beside a member (R041). A night is summed up by one entry.
 */
export const untraced = [
  'BehaviourRecorded',
  'BehavioursCountedOnly',
  'BehaviourCounted',
  'ParticipantSignedUp',
] as const;

export type Untraced = (typeof untraced)[number];

/** The event types that the trail has entries of. */
export type Traced = Exclude<StoredEvent['type'], Untraced>;

export type Sentence = (words: Words) => string;

/** One sentence for each of these event types, in each language. */
export type Sentences<Type extends string> = Readonly<Record<Type, Readonly<Record<Language, Sentence>>>>;
