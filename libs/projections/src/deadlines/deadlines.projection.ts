import type { StoredEvent } from '@lacuna/domain/catalogue';
import { ignored, insert, projection, table, update, updateAll } from '../engine/index.js';

/**
 * What must happen by a time. The row holds the anchor and the rule's name in the pack, not the due time:
 * a new policy moves it. `missed`: the time has passed and it is still to be done.
 */
export const deadlineTable = table(
  'deadline',
  {
    tenant: 'text',
    subjectId: 'text',
    deadlineId: 'text',
    kind: 'text',
    stream: 'text',
    anchor: 'text',
    rule: 'text',
    state: 'text',
    correctionId: 'text?',
    missedAt: 'text?',
    settledAt: 'text?',
    position: 'bigint',
  },
  {
    key: ['tenant', 'subjectId', 'deadlineId'],
    group: ['tenant', 'subjectId'],
    active: { column: 'state', in: ['open', 'missed'] },
    indexes: [['tenant', 'state', 'anchor']],
  },
);

const opened = { state: 'open', correctionId: null, missedAt: null, settledAt: null } as const;

/** Domain events open, settle and miss deadlines; the reactor asks which are open, and the pack when they are due. */
export const deadlines = projection<StoredEvent>({ name: 'deadlines', version: 2 }, [deadlineTable], {
  CorrectionRequested: (event) =>
    insert(deadlineTable, {
      ...opened,
      tenant: event.metadata.tenant,
      subjectId: event.data.memberId,
      deadlineId: `correction:${event.data.correctionId}`,
      kind: 'correction',
      stream: event.stream,
      anchor: event.recordedAt,
      rule: 'correction', // R072: of the pack's deadlines
      correctionId: event.data.correctionId,
      position: event.position,
    }),
  InfoCorrected: (event) =>
    update(
      deadlineTable,
      {
        tenant: event.metadata.tenant,
        subjectId: event.data.memberId,
        deadlineId: `correction:${event.data.correctionId}`,
      },
      { state: 'done', settledAt: event.recordedAt },
    ),
  CorrectionOverdue: (event) =>
    update(
      deadlineTable,
      {
        tenant: event.metadata.tenant,
        subjectId: event.data.memberId,
        deadlineId: `correction:${event.data.correctionId}`,
      },
      { state: 'missed', missedAt: event.data.dueAt },
    ),
  MemberErased: (event) =>
    updateAll(
      deadlineTable,
      { tenant: event.metadata.tenant, subjectId: event.data.memberId },
      { state: 'cancelled', settledAt: event.recordedAt },
    ),
  RealNameVerified: (event) =>
    insert(deadlineTable, {
      ...opened,
      tenant: event.metadata.tenant,
      subjectId: event.data.identityId,
      deadlineId: `identity-retention:${event.data.identityId}`,
      kind: 'identity-retention',
      stream: event.stream,
      anchor: event.recordedAt,
      rule: 'real-name', // R078: of the pack's categories
      position: event.position,
    }),
  IdentityErased: (event) =>
    update(
      deadlineTable,
      {
        tenant: event.metadata.tenant,
        subjectId: event.data.identityId,
        deadlineId: `identity-retention:${event.data.identityId}`,
      },
      { state: 'done', settledAt: event.recordedAt },
    ),
  ActivityAnnounced: (event) =>
    insert(deadlineTable, {
      ...opened,
      tenant: event.metadata.tenant,
      subjectId: event.data.activityId,
      deadlineId: `activity-end:${event.data.activityId}`,
      kind: 'activity-end',
      stream: event.stream,
      anchor: event.data.plannedEnd,
      rule: 'activity',
      position: event.position,
    }),
  ActivityEnded: (event) => [
    update(
      deadlineTable,
      {
        tenant: event.metadata.tenant,
        subjectId: event.data.activityId,
        deadlineId: `activity-end:${event.data.activityId}`,
      },
      { state: 'done', settledAt: event.recordedAt },
    ),
    insert(deadlineTable, {
      ...opened,
      tenant: event.metadata.tenant,
      subjectId: event.data.activityId,
      deadlineId: `activity-retention:${event.data.activityId}`,
      kind: 'activity-retention',
      stream: event.stream,
      anchor: event.data.endedAt, // R042: from the end, not from a sign-up
      rule: 'activity',
      position: event.position,
    }),
  ],
  SignUpsDeleted: (event) =>
    update(
      deadlineTable,
      {
        tenant: event.metadata.tenant,
        subjectId: event.data.activityId,
        deadlineId: `activity-retention:${event.data.activityId}`,
      },
      { state: 'done', settledAt: event.recordedAt },
    ),
  MemberRegistered: ignored,
  ErasureRequested: ignored,
  ErasureStarted: ignored,
  ErasureFinal: ignored,
  ClaimAbandoned: ignored,
  BehaviourRecorded: ignored,
  BehavioursCountedOnly: ignored,
  BehaviourCounted: ignored,
  NightCounted: ignored,
  ParticipantSignedUp: ignored,
  BehaviourDayAnonymised: ignored,
  ReadRecordEnded: ignored,
  RetentionSwept: ignored,
  PersonalDataRead: ignored,
  PersonalDataReadDenied: ignored,
  AuditTrailRead: ignored,
  ImportCompleted: ignored,
  KeysRotated: ignored,
  NightlyRunCompleted: ignored,
  ClockJumpPaused: ignored,
  ClockJumpConfirmed: ignored,
});
