import type { StoredEvent } from '@lacuna/domain/catalogue';
import { parseStreamId, type Sealed } from '@lacuna/domain/kernel';
import { memberFields } from '@lacuna/domain/member';
import {
  ignored,
  insert,
  jsonCell,
  listCell,
  projection,
  table,
  type LoggedEvent,
  type Operation,
} from '../engine/index.js';

/**
 * One row per event, oldest first: who did what, when, for which purpose, under which rule. Open facts only, and the
 * sealed subject of a read; no value (R013), and of a real-name record nothing that leads to a member. What somebody
 * did, or signed up for, has no row: no list shows two of those records together, or one beside a member (R041).
 */
export const auditTrailTable = table(
  'audit_trail',
  {
    tenant: 'text',
    position: 'bigint',
    recordedAt: 'text',
    occurredAt: 'text',
    eventType: 'text',
    stream: 'text',
    memberId: 'text?',
    actor: 'text',
    role: 'text',
    channel: 'text',
    lawfulBasis: 'text',
    provenance: 'text',
    noticeVersion: 'text?',
    purposes: 'text',
    fields: 'text',
    rules: 'text',
    policy: 'text',
    outcome: 'text',
    subject: 'text?',
    facts: 'text',
  },
  {
    key: ['tenant', 'position'],
    indexes: [
      ['tenant', 'memberId', 'position'],
      ['tenant', 'stream', 'position'],
      ['tenant', 'recordedAt', 'position'],
    ],
  },
);

type Fact = string | number | boolean | null | readonly Fact[] | { readonly [key: string]: Fact };

/** What an entry says beside what every event says of itself. */
type Entry = Readonly<{
  outcome?: 'done' | 'denied' | 'overdue';
  purposes?: readonly string[];
  fields?: readonly string[];
  rules?: readonly string[];
  subject?: Sealed | undefined;
  facts?: Readonly<Record<string, Fact>>;
}>;

const memberOf = (stream: string): string | null => {
  const name = parseStreamId(stream);
  return name?.kind === 'member' ? name.id : null;
};

const entry = (event: LoggedEvent, said: Entry = {}): Operation => {
  const { metadata } = event;
  return insert(auditTrailTable, {
    tenant: metadata.tenant,
    position: event.position,
    recordedAt: event.recordedAt,
    occurredAt: metadata.occurredAt,
    eventType: event.type,
    stream: event.stream,
    memberId: memberOf(event.stream),
    actor: metadata.actor.id,
    role: metadata.actor.role,
    channel: metadata.processing.channel,
    lawfulBasis: metadata.processing.lawfulBasis,
    provenance: metadata.processing.provenance,
    noticeVersion: metadata.processing.noticeVersion,
    purposes: listCell(said.purposes ?? metadata.processing.purposes),
    fields: listCell(said.fields ?? []),
    rules: listCell(said.rules ?? []),
    policy: metadata.policy,
    outcome: said.outcome ?? 'done',
    subject: said.subject?.sealed ?? null,
    facts: said.facts ? jsonCell(said.facts) : '{}',
  });
};

/** The names of the fields that an event gives, in the order of the form. */
const given = (data: object): readonly string[] => memberFields.filter((field) => field in data);

export const auditTrail = projection<StoredEvent>({ name: 'audit-trail', version: 2 }, [auditTrailTable], {
  MemberRegistered: (event) => entry(event, { fields: given(event.data) }),
  CorrectionRequested: (event) =>
    entry(event, { fields: event.data.fields, facts: { correctionId: event.data.correctionId } }),
  InfoCorrected: (event) =>
    entry(event, { fields: given(event.data.changes), facts: { correctionId: event.data.correctionId } }),
  CorrectionOverdue: (event) =>
    entry(event, {
      outcome: 'overdue',
      facts: { correctionId: event.data.correctionId, dueAt: event.data.dueAt },
    }),
  ErasureRequested: (event) => {
    const { erasureId, reason, categories } = event.data;
    return entry(event, { facts: { erasureId, reason, categories } });
  },
  ErasureStarted: (event) => {
    const { erasureId, items } = event.data;
    return entry(event, { rules: [...new Set(items.map(({ cite }) => cite))], facts: { erasureId, items } });
  },
  MemberErased: (event) => {
    const { erasureId, categories, destroyedAt } = event.data;
    return entry(event, { facts: { erasureId, categories, destroyedAt } });
  },
  ErasureFinal: (event) => {
    const { erasureId, unrecoverableAt } = event.data;
    return entry(event, { facts: { erasureId, unrecoverableAt } });
  },
  ClaimAbandoned: (event) => entry(event, { facts: { claimKind: event.data.claimKind } }),
  RealNameVerified: (event) => entry(event, { fields: ['name', 'idNumber'] }),
  IdentityErased: (event) => entry(event, { facts: { destroyedAt: event.data.destroyedAt } }),
  BehaviourRecorded: ignored, // its frame (R003, R013) is sealed in its body
  BehavioursCountedOnly: ignored,
  BehaviourCounted: ignored,
  NightCounted: (event) => {
    const { night, rows, cells, remainder } = event.data;
    return entry(event, { facts: { night, rows, cells, remainder } });
  },
  ActivityAnnounced: (event) => {
    const { activityId, title, organiser, plannedEnd } = event.data;
    return entry(event, { facts: { activityId, title, organiser, plannedEnd } });
  },
  ParticipantSignedUp: ignored,
  ActivityEnded: (event) => {
    const { activityId, endedAt, by } = event.data;
    return entry(event, { facts: { activityId, endedAt, by } });
  },
  SignUpsDeleted: (event) => {
    const { activityId, cite, destroyedAt } = event.data;
    return entry(event, { rules: [cite], facts: { activityId, destroyedAt } });
  },
  BehaviourDayAnonymised: (event) => {
    const { category, day, cite, destroyedAt, unrecoverableAt } = event.data;
    return entry(event, { rules: [cite], facts: { category, day, destroyedAt, unrecoverableAt } });
  },
  ReadRecordEnded: (event) => {
    const { month, cite, destroyedAt, unrecoverableAt } = event.data;
    return entry(event, { rules: [cite], facts: { month, destroyedAt, unrecoverableAt } });
  },
  // Also of a night without anything due: that the sweep ran is what an auditor asks for (R044).
  RetentionSwept: (event) => {
    const { date, items } = event.data;
    return entry(event, { rules: [...new Set(items.map(({ cite }) => cite))], facts: { date, items } });
  },
  PersonalDataRead: (event) => {
    const { subject, purpose, category, fields, action, rules, grants, asOf } = event.data;
    return entry(event, {
      purposes: [purpose],
      fields,
      rules,
      subject,
      facts: { category, action, grants, asOf },
    });
  },
  PersonalDataReadDenied: (event) => {
    const { subject, purpose, fields, action, reason, nearestMiss } = event.data;
    return entry(event, {
      outcome: 'denied',
      purposes: purpose === null ? [] : [purpose],
      fields,
      subject,
      facts: { action, reason, nearestMiss },
    });
  },
  AuditTrailRead: (event) => entry(event, { facts: { filter: event.data.filter } }),
  ImportCompleted: (event) => {
    const { kind, length, sha256, rows } = event.data;
    return entry(event, { facts: { kind, length, sha256, rows } });
  },
  KeysRotated: (event) => {
    const { keyClass, epoch, destroyedBefore, unrecoverableAt } = event.data;
    return entry(event, { facts: { keyClass, epoch, destroyedBefore, unrecoverableAt } });
  },
  NightlyRunCompleted: (event) =>
    entry(event, { facts: { date: event.data.date, rotated: event.data.rotated } }),
  ClockJumpPaused: (event) => entry(event, { facts: { from: event.data.from, to: event.data.to } }),
  ClockJumpConfirmed: (event) => entry(event),
});
