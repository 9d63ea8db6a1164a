import type { StoredEvent } from '../catalogue/index.js';
import type { StreamKind } from '../kernel/index.js';
import type { Classification, IntegrationContext } from './integration-event.js';

/**
 * How a type goes out. Fields are named one by one, so that a field that is added to an event stays inside until
 * somebody has thought about it; `withheld` says of every other one why.
 *
 * - `record`: the named fields, in the order of the stream.
 * - `tombstone`: nothing but that the key is to be forgotten.
 * - `reference`: that there is a behaviour of a day. Nothing ties it to another one, nor to an hour.
 * - `private`: never.
 */
export type Publication =
  | Readonly<{
      as: 'record' | 'tombstone' | 'reference';
      context: IntegrationContext;
      fields: readonly string[];
      withheld: Readonly<Record<string, string>>;
      /** Its place in the life of what it is about, instead of the revision, which would count what is private in between. */
      step?: number;
    }>
  | Readonly<{ as: 'private'; why: string }>;

type Data<T> = Extract<StoredEvent, { type: T }>['data'];
type Field<T> = keyof Data<T> & string;

/** Fields published, and the others each with its reason: what is in neither does not compile. */
const publish =
  <T extends StoredEvent['type']>() =>
  <F extends Field<T>>(
    context: IntegrationContext,
    fields: readonly F[],
    withheld: Readonly<Record<Exclude<Field<T>, F>, string>>,
    step?: number,
  ): Publication => ({
    as: 'record',
    context,
    fields,
    withheld,
    ...(step === undefined ? {} : { step }),
  });

const keep = (why: string): Publication => ({ as: 'private', why });

const PERSONAL = 'personal: whoever may read it asks, and the read is recorded';
const SEALED = 'sealed, and meant for nobody downstream';
const FORGOTTEN = 'nothing of an erased member goes out but that it is to be forgotten';

const info = {
  name: PERSONAL,
  mobile: PERSONAL,
  memberLevel: PERSONAL,
  vehicleMake: PERSONAL,
  vehicleModel: PERSONAL,
  plate: PERSONAL,
  vin: PERSONAL,
  joinedOn: PERSONAL,
  customerNumber: PERSONAL,
};

/** Every type of the catalogue, and how it goes out or why it does not. A type that is missing here does not compile. */
export const publications: Readonly<Record<StoredEvent['type'], Publication>> = {
  MemberRegistered: publish<'MemberRegistered'>()('member', ['memberId'], info),
  CorrectionRequested: publish<'CorrectionRequested'>()('member', ['memberId', 'correctionId', 'fields'], {
    changes: PERSONAL,
  }),
  InfoCorrected: publish<'InfoCorrected'>()('member', ['memberId', 'correctionId'], { changes: PERSONAL }),
  CorrectionOverdue: publish<'CorrectionOverdue'>()('member', ['memberId', 'correctionId', 'dueAt'], {}),
  ErasureRequested: publish<'ErasureRequested'>()('member', ['memberId', 'erasureId', 'categories'], {
    reason: 'why somebody leaves is for those who handle it',
  }),
  ErasureStarted: publish<'ErasureStarted'>()('member', ['memberId', 'erasureId'], {
    items:
      'what law keeps of a person, and until when, would say that there is an identity record, and which',
  }),
  MemberErased: {
    as: 'tombstone',
    context: 'member',
    fields: [],
    withheld: { memberId: FORGOTTEN, erasureId: FORGOTTEN, categories: FORGOTTEN, destroyedAt: FORGOTTEN },
  },
  ErasureFinal: {
    as: 'tombstone',
    context: 'member',
    fields: [],
    withheld: { memberId: FORGOTTEN, erasureId: FORGOTTEN, unrecoverableAt: FORGOTTEN },
  },

  ActivityAnnounced: publish<'ActivityAnnounced'>()(
    'activity',
    ['activityId', 'plannedEnd'],
    {
      title: 'free text: nobody can promise that no person is named in it, and a record cannot be mended',
      organiser: 'names an employee',
    },
    0,
  ),
  ActivityEnded: publish<'ActivityEnded'>()('activity', ['activityId', 'endedAt', 'by'], {}, 1),
  SignUpsDeleted: publish<'SignUpsDeleted'>()('activity', ['activityId', 'cite', 'destroyedAt'], {}, 2),
  ParticipantSignedUp: keep(
    'who takes part, and how many, is for the activity department about its own activities (R049)',
  ),

  BehaviourRecorded: {
    as: 'reference',
    context: 'behaviour',
    fields: ['day'],
    withheld: {
      night: 'beside the day it would tell how late it came in, which few others share',
      body: SEALED,
      copy: SEALED,
    },
  },
  BehavioursCountedOnly: keep('copies of one night, for its figures: they hold for that night alone (R041)'),
  BehaviourCounted: publish<'BehaviourCounted'>()(
    'statistics',
    ['night', 'level', 'period', 'kind', 'people', 'count', 'units', 'sum'],
    {},
  ),
  NightCounted: publish<'NightCounted'>()('statistics', ['night', 'rows', 'cells', 'remainder'], {}),

  BehaviourDayAnonymised: publish<'BehaviourDayAnonymised'>()(
    'retention',
    ['category', 'day', 'cite', 'destroyedAt', 'unrecoverableAt'],
    {},
  ),
  ReadRecordEnded: publish<'ReadRecordEnded'>()(
    'retention',
    ['month', 'cite', 'destroyedAt', 'unrecoverableAt'],
    {},
  ),
  RetentionSwept: publish<'RetentionSwept'>()('retention', ['date'], {
    items:
      'where one identity record ended, the count would say that the one member of that day had one (R078)',
  }),

  RealNameVerified: keep(
    'kept by law apart from the member: its moment beside the member’s would join the two (R078)',
  ),
  IdentityErased: keep('its moment, a fixed time after the verification, would say whose it was (R078)'),
  PersonalDataRead: keep('who read whom is personal data of both (R097)'),
  PersonalDataReadDenied: keep('who asked about whom is personal data of both (R097)'),
  AuditTrailRead: keep('who watches, and what for, is for the trail itself (R097)'),
  ImportCompleted: keep('the digest tells whoever holds a file that it is this one'),
  KeysRotated: keep('custody’s own: of no use downstream, and of some to an attacker'),
  NightlyRunCompleted: keep('custody’s own: of no use downstream, and of some to an attacker'),
  ClockJumpPaused: keep('for the operator: status says it'),
  ClockJumpConfirmed: keep('for the operator: status says it'),
  ClaimAbandoned: keep('how a crash was settled; it changes nothing, and its event id never came to be'),
};

/** What holds for all records of a context. */
export type ContextRule = Readonly<{
  /** The kind of stream its events stand in. */
  kind: StreamKind;
  /** The stream's own id; with the tenant before it where another tenant has the same; the event alone. */
  key: 'id' | 'tenant-and-id' | 'event';
  classification: Classification;
}>;

export const contextRules: Readonly<Record<IntegrationContext, ContextRule>> = {
  member: { kind: 'member', key: 'id', classification: 'confidential' },
  activity: { kind: 'activity', key: 'id', classification: 'internal' },
  behaviour: { kind: 'behaviour', key: 'event', classification: 'confidential' },
  statistics: { kind: 'statistics', key: 'tenant-and-id', classification: 'internal' },
  retention: { kind: 'retention', key: 'tenant-and-id', classification: 'internal' },
};
