import type { StoredEvent } from '@lacuna/domain/catalogue';
import { ignored, insert, projection, table } from '../engine/index.js';

/** One cell that a night added; it covers at least as many people as the pack asks for. Sums are over cells. */
export const statisticsTable = table(
  'statistics',
  {
    tenant: 'text',
    night: 'text',
    level: 'text',
    period: 'text',
    kind: 'text',
    people: 'bigint',
    count: 'bigint',
    units: 'bigint',
    sum: 'bigint',
    position: 'bigint',
  },
  { key: ['tenant', 'position'], indexes: [['tenant', 'level', 'period']] },
);

/** The nights that were counted. `remainder`: 1 where fewer people's than a cell needs wait for the next one. */
export const countedNightTable = table(
  'counted_night',
  { tenant: 'text', night: 'text', rows: 'bigint', cells: 'bigint', remainder: 'bigint', position: 'bigint' },
  { key: ['tenant', 'position'] },
);

/** Statistics fold what the nights counted and nothing else, so that no erasure and no expiry moves them (R046). */
export const statistics = projection<StoredEvent>(
  { name: 'statistics', version: 1 },
  [statisticsTable, countedNightTable],
  {
    BehaviourCounted: ({ data, metadata: { tenant }, position }) =>
      insert(statisticsTable, {
        tenant,
        night: data.night,
        level: data.level,
        period: data.period,
        kind: data.kind,
        people: BigInt(data.people),
        count: BigInt(data.count),
        units: BigInt(data.units),
        sum: BigInt(data.sum),
        position,
      }),
    NightCounted: ({ data, metadata: { tenant }, position }) =>
      insert(countedNightTable, {
        tenant,
        night: data.night,
        rows: BigInt(data.rows),
        cells: BigInt(data.cells),
        remainder: data.remainder ? 1n : 0n,
        position,
      }),
    BehaviourRecorded: ignored,
    BehavioursCountedOnly: ignored,
    BehaviourDayAnonymised: ignored,
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
