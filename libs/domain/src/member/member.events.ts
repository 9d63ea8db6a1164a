import type { ClaimAbandoned } from '../claim/index.js';
import {
  declareEvent,
  instant,
  listOf,
  nullable,
  oneOf,
  optional,
  packText,
  personal,
  personalMap,
  record,
  uuid,
  word,
  type DomainEvent,
  type Instant,
  type Sealed,
} from '../kernel/index.js';
import { memberCategory, memberFields } from './member-fields.js';
import type { MemberChanges, MemberField, MemberInfo } from './member-fields.js';

/** R047: deleted, or only anonymised, or kept by law. */
export const erasureOutcomes = ['erase', 'anonymise', 'retain'] as const;

/** What an erasure does to one category, and the rule that says so. `until`: when what is retained goes by itself. */
export type ErasureItem = Readonly<{
  category: string;
  outcome: (typeof erasureOutcomes)[number];
  basis: string;
  until: Instant | null;
  cite: string;
}>;

export type MemberRegistered<V> = DomainEvent<'MemberRegistered', MemberInfo<V> & { memberId: string }>;

export type CorrectionRequested<V> = DomainEvent<
  'CorrectionRequested',
  { memberId: string; correctionId: string; fields: readonly MemberField[]; changes: MemberChanges<V> }
>;

export type InfoCorrected<V> = DomainEvent<
  'InfoCorrected',
  { memberId: string; correctionId: string; changes: MemberChanges<V> }
>;

export type CorrectionOverdue = DomainEvent<
  'CorrectionOverdue',
  { memberId: string; correctionId: string; dueAt: Instant }
>;

export type ErasureRequested = DomainEvent<
  'ErasureRequested',
  { memberId: string; erasureId: string; reason: string; categories: readonly string[] }
>;

export type ErasureStarted = DomainEvent<
  'ErasureStarted',
  { memberId: string; erasureId: string; items: readonly ErasureItem[] }
>;

export type MemberErased = DomainEvent<
  'MemberErased',
  { memberId: string; erasureId: string; categories: readonly string[]; destroyedAt: Instant }
>;

export type ErasureFinal = DomainEvent<
  'ErasureFinal',
  { memberId: string; erasureId: string; unrecoverableAt: Instant }
>;

/** Everything that can stand in a member's stream. `V`: plain when decided, sealed when stored. */
export type MemberEvent<V> =
  | MemberRegistered<V>
  | CorrectionRequested<V>
  | InfoCorrected<V>
  | CorrectionOverdue
  | ErasureRequested
  | ErasureStarted
  | MemberErased
  | ErasureFinal
  | ClaimAbandoned;

const info = personal(memberCategory);
const changes = personalMap(memberCategory, memberFields);
const item = record({
  category: word,
  outcome: oneOf(...erasureOutcomes),
  basis: packText,
  until: nullable(instant),
  cite: packText,
});

export const memberDeclarations = [
  declareEvent<MemberRegistered<Sealed>>('MemberRegistered', 1, {
    subject: 'memberId',
    fields: {
      memberId: uuid,
      name: info,
      mobile: info,
      memberLevel: optional(info),
      vehicleMake: optional(info),
      vehicleModel: optional(info),
      plate: optional(info),
      vin: optional(info),
      joinedOn: optional(info),
      customerNumber: optional(info),
    },
  }),
  declareEvent<CorrectionRequested<Sealed>>('CorrectionRequested', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, correctionId: uuid, fields: listOf(oneOf(...memberFields)), changes },
  }),
  declareEvent<InfoCorrected<Sealed>>('InfoCorrected', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, correctionId: uuid, changes },
  }),
  declareEvent<CorrectionOverdue>('CorrectionOverdue', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, correctionId: uuid, dueAt: instant },
  }),
  declareEvent<ErasureRequested>('ErasureRequested', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, erasureId: uuid, reason: word, categories: listOf(word) },
  }),
  declareEvent<ErasureStarted>('ErasureStarted', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, erasureId: uuid, items: listOf(item) },
  }),
  declareEvent<MemberErased>('MemberErased', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, erasureId: uuid, categories: listOf(word), destroyedAt: instant },
  }),
  declareEvent<ErasureFinal>('ErasureFinal', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, erasureId: uuid, unrecoverableAt: instant },
  }),
];
