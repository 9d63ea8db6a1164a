import type { StoredEvent } from '@lacuna/domain/catalogue';
import { behaviourCategory } from '@lacuna/domain/behaviour';
import { closePart, ignored, insert, projection, table } from '../engine/index.js';

/**
 * What members did, sealed, one row for each record; its stream's name is all that leads to a person, and only who
 * holds the keys can derive it. A day is a part: it goes whole (R041).
 */
export const behaviourTable = table(
  'behaviour',
  { tenant: 'text', day: 'text', stream: 'text', eventId: 'text', body: 'text', position: 'bigint' },
  { key: ['tenant', 'day', 'stream'], part: ['tenant', 'day'] },
);

/** The days that live. What follows the end of a day in the log is dead on arrival and gets no row. */
export const behaviour = projection<StoredEvent>({ name: 'behaviour', version: 1 }, [behaviourTable], {
  BehaviourRecorded: (event) =>
    insert(behaviourTable, {
      tenant: event.metadata.tenant,
      day: event.data.day,
      stream: event.stream,
      eventId: event.id,
      body: event.data.body.sealed,
      position: event.position,
    }),
  BehaviourDayAnonymised: (event) =>
    event.data.category === behaviourCategory
      ? closePart(behaviourTable, { tenant: event.metadata.tenant, day: event.data.day })
      : [],
  BehavioursCountedOnly: ignored,
  BehaviourCounted: ignored,
  NightCounted: ignored,
  ActivityAnnounced: ignored,
  ParticipantSignedUp: ignored,
  ActivityEnded: ignored,
  SignUpsDeleted: ignored,
  ReadRecordEnded: ignored,
  RetentionSwept: ignored,
  MemberRegistered: ignored,
  CorrectionRequested: ignored,
  InfoCorrected: ignored,
  CorrectionOverdue: ignored,
  ErasureRequested: ignored,
  ErasureStarted: ignored,
  MemberErased: ignored, // R077: dead by its key; nothing here could find it
  ErasureFinal: ignored,
  ClaimAbandoned: ignored,
  RealNameVerified: ignored,
  IdentityErased: ignored,
  PersonalDataRead: ignored,
  PersonalDataReadDenied: ignored,
  AuditTrailRead: ignored,
  ImportCompleted: ignored,
  KeysRotated: ignored,
  NightlyRunCompleted: ignored,
  ClockJumpPaused: ignored,
  ClockJumpConfirmed: ignored,
});
