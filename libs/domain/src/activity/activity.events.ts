import type { ClaimAbandoned } from '../claim/index.js';
import {
  declareEvent,
  instant,
  keyedDigest,
  oneOf,
  optional,
  packText,
  personal,
  uuid,
  type DomainEvent,
  type Instant,
  type Sealed,
} from '../kernel/index.js';

/** The category of who signed up, and of what they said with it. */
export const activityCategory = 'activity';

/** `title` is the organisation's own text and never a person's; `organiser` is the actor whose activity it is (R049). */
export type ActivityAnnounced = DomainEvent<
  'ActivityAnnounced',
  { activityId: string; title: string; organiser: string; plannedEnd: Instant }
>;

/**
 * Somebody takes part. `participantId` is random, custody knows whose it is until the activity's record ends or the
 * member is erased; `tag` is the same for the same person in this activity and means nothing elsewhere (R042).
 */
export type ParticipantSignedUp<V> = DomainEvent<
  'ParticipantSignedUp',
  { activityId: string; participantId: string; tag: string; details?: V }
>;

/** The clock of R042 starts: at the end, not at the sign-up. */
export type ActivityEnded = DomainEvent<
  'ActivityEnded',
  { activityId: string; endedAt: Instant; by: 'clock' | 'request' }
>;

/** Who took part is gone: the activity's key and the map of its participants are destroyed (R042). */
export type SignUpsDeleted = DomainEvent<
  'SignUpsDeleted',
  { activityId: string; cite: string; destroyedAt: Instant }
>;

/** `ClaimAbandoned`: of a participant's claim that a crash left open, settled where its append would have stood. */
export type ActivityEvent<V> =
  ActivityAnnounced | ParticipantSignedUp<V> | ActivityEnded | SignUpsDeleted | ClaimAbandoned;

export const activityDeclarations = [
  declareEvent<ActivityAnnounced>('ActivityAnnounced', 1, {
    subject: null,
    fields: { activityId: uuid, title: packText, organiser: packText, plannedEnd: instant },
  }),
  declareEvent<ParticipantSignedUp<Sealed>>('ParticipantSignedUp', 1, {
    subject: null,
    unnamed: true,
    fields: {
      activityId: uuid,
      participantId: uuid,
      tag: keyedDigest,
      details: optional(personal(activityCategory)),
    },
  }),
  declareEvent<ActivityEnded>('ActivityEnded', 1, {
    subject: null,
    fields: { activityId: uuid, endedAt: instant, by: oneOf('clock', 'request') },
  }),
  declareEvent<SignUpsDeleted>('SignUpsDeleted', 1, {
    subject: null,
    fields: { activityId: uuid, cite: packText, destroyedAt: instant },
  }),
];
