import type { StoredEvent } from '@lacuna/domain/catalogue';
import { ignored, insert, projection, remove, sealedCell, table, update } from '../engine/index.js';

/** The organisation's activities. `announced`, `ended`, or `closed`: who took part is gone. */
export const activityTable = table(
  'activity',
  {
    tenant: 'text',
    activityId: 'text',
    title: 'text',
    organiser: 'text',
    plannedEnd: 'text',
    state: 'text',
    endedAt: 'text?',
    position: 'bigint',
  },
  { key: ['tenant', 'activityId'], group: ['tenant', 'activityId'] },
);

/**
 * Who takes part, by a random id that custody alone can lead back to a member. No position: the order of sign-ups is
 * nobody's. None of an activity's rows is loaded for the next one: that a tag comes once is the decider's rule.
 */
export const participantTable = table(
  'participant',
  { tenant: 'text', activityId: 'text', participantId: 'text', eventId: 'text', details: 'text?' },
  {
    key: ['tenant', 'activityId', 'participantId'],
    group: ['tenant', 'activityId'],
    active: { column: 'participantId', in: [] },
  },
);

/** Activities and their rosters, until the sign-ups' time is over (R042). A member's erasure needs nothing here. */
export const activities = projection<StoredEvent>(
  { name: 'activities', version: 1 },
  [activityTable, participantTable],
  {
    ActivityAnnounced: ({ data, metadata: { tenant }, position }) =>
      insert(activityTable, {
        tenant,
        activityId: data.activityId,
        title: data.title,
        organiser: data.organiser,
        plannedEnd: data.plannedEnd,
        state: 'announced',
        endedAt: null,
        position,
      }),
    ParticipantSignedUp: ({ id, data, metadata: { tenant } }) =>
      insert(participantTable, {
        tenant,
        activityId: data.activityId,
        participantId: data.participantId,
        eventId: id,
        details: sealedCell(data.details),
      }),
    ActivityEnded: ({ data, metadata: { tenant } }) =>
      update(
        activityTable,
        { tenant, activityId: data.activityId },
        { state: 'ended', endedAt: data.endedAt },
      ),
    SignUpsDeleted: ({ data, metadata: { tenant } }) => [
      update(activityTable, { tenant, activityId: data.activityId }, { state: 'closed' }),
      remove(participantTable, { tenant, activityId: data.activityId }), // R042
    ],
    BehaviourRecorded: ignored,
    BehavioursCountedOnly: ignored,
    BehaviourCounted: ignored,
    NightCounted: ignored,
    BehaviourDayAnonymised: ignored,
    ReadRecordEnded: ignored,
    RetentionSwept: ignored,
    MemberRegistered: ignored,
    CorrectionRequested: ignored,
    InfoCorrected: ignored,
    CorrectionOverdue: ignored,
    ErasureRequested: ignored,
    ErasureStarted: ignored,
    MemberErased: ignored,
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
  },
);
