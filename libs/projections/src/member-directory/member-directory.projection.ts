import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { MemberField } from '@lacuna/domain/member';
import type { Sealed } from '@lacuna/domain/kernel';
import {
  ignored,
  insert,
  projection,
  remove,
  sealedCell,
  supersede,
  table,
  type LoggedEvent,
} from '../engine/index.js';

/** One row per state a member's data was in, with the positions from and to which it held. All values are sealed. */
export const memberDirectoryTable = table(
  'member_directory',
  {
    tenant: 'text',
    memberId: 'text',
    validFrom: 'bigint',
    validTo: 'bigint?',
    status: 'text',
    registeredAt: 'text',
    name: 'text',
    mobile: 'text',
    memberLevel: 'text?',
    vehicleMake: 'text?',
    vehicleModel: 'text?',
    plate: 'text?',
    vin: 'text?',
    joinedOn: 'text?',
    customerNumber: 'text?',
  },
  {
    key: ['tenant', 'memberId', 'validFrom'],
    group: ['tenant', 'memberId'],
    active: { column: 'validTo', in: [null] },
    held: { from: 'validFrom', to: 'validTo' },
  },
);

const member = (event: LoggedEvent<Extract<StoredEvent, { data: { memberId: string } }>>) => ({
  tenant: event.metadata.tenant,
  memberId: event.data.memberId,
});

const correctedCells = (
  changes: Readonly<Partial<Record<MemberField, Sealed>>>,
): Partial<Record<MemberField, string>> =>
  Object.fromEntries(Object.entries(changes).map(([field, value]) => [field, value.sealed]));

/** Who the members are and were: basic information only, so that the real-name record stays without a link to them. */
export const memberDirectory = projection<StoredEvent>(
  { name: 'member-directory', version: 1 },
  [memberDirectoryTable],
  {
    MemberRegistered: (event) =>
      insert(memberDirectoryTable, {
        ...member(event),
        validFrom: event.position,
        validTo: null,
        status: 'live',
        registeredAt: event.recordedAt,
        name: event.data.name.sealed,
        mobile: event.data.mobile.sealed,
        memberLevel: sealedCell(event.data.memberLevel),
        vehicleMake: sealedCell(event.data.vehicleMake),
        vehicleModel: sealedCell(event.data.vehicleModel),
        plate: sealedCell(event.data.plate),
        vin: sealedCell(event.data.vin),
        joinedOn: sealedCell(event.data.joinedOn),
        customerNumber: sealedCell(event.data.customerNumber),
      }),
    InfoCorrected: (event) =>
      supersede(memberDirectoryTable, member(event), correctedCells(event.data.changes)),
    ErasureRequested: (event) => supersede(memberDirectoryTable, member(event), { status: 'restricted' }),
    MemberErased: (event) => remove(memberDirectoryTable, member(event)), // R077
    CorrectionRequested: ignored,
    CorrectionOverdue: ignored,
    ErasureStarted: ignored,
    ErasureFinal: ignored,
    ClaimAbandoned: ignored,
    RealNameVerified: ignored,
    IdentityErased: ignored,
    BehaviourRecorded: ignored,
    BehavioursCountedOnly: ignored,
    BehaviourCounted: ignored,
    NightCounted: ignored,
    ActivityAnnounced: ignored,
    ParticipantSignedUp: ignored,
    ActivityEnded: ignored,
    SignUpsDeleted: ignored,
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
  },
);
