import {
  declareEvent,
  flag,
  instant,
  listOf,
  nullable,
  optional,
  packText,
  personal,
  record,
  word,
  type DomainEvent,
  type Instant,
  type Sealed,
} from '../kernel/index.js';

/** Who was read is personal data of that person, with a retention of its own: it outlives an erasure of the rest. */
export const auditCategory = 'audit';

/** Somebody's data was shown. Who saw it stands in the metadata; whose it was is sealed. */
export type PersonalDataRead<V> = DomainEvent<
  'PersonalDataRead',
  {
    subject: V;
    purpose: string;
    category: string;
    fields: readonly string[];
    action: string;
    rules: readonly string[];
    grants: readonly string[];
    /** The past moment that was asked for, an instant or a position; `null`: now. */
    asOf: string | null;
  }
>;

/**
 * Somebody asked and was refused. `purpose` and `fields` are words of the pack, never the caller's own:
 * what the pack does not know stands here as `null` and as nothing.
 */
export type PersonalDataReadDenied<V> = DomainEvent<
  'PersonalDataReadDenied',
  {
    subject?: V;
    purpose: string | null;
    fields: readonly string[];
    action: string;
    reason: string;
    nearestMiss: string | null;
  }
>;

/** The trail itself was read. */
export type AuditTrailRead = DomainEvent<
  'AuditTrailRead',
  { filter: Readonly<{ from: Instant | null; to: Instant | null; byMember: boolean }> }
>;

export type ReadingEvent<V> = PersonalDataRead<V> | PersonalDataReadDenied<V> | AuditTrailRead;

export const readingDeclarations = [
  declareEvent<PersonalDataRead<Sealed>>('PersonalDataRead', 1, {
    subject: 'subject',
    fields: {
      subject: personal(auditCategory),
      purpose: word,
      category: word,
      fields: listOf(word),
      action: word,
      rules: listOf(packText),
      grants: listOf(packText),
      asOf: nullable(packText),
    },
  }),
  declareEvent<PersonalDataReadDenied<Sealed>>('PersonalDataReadDenied', 1, {
    subject: 'subject',
    fields: {
      subject: optional(personal(auditCategory)),
      purpose: nullable(word),
      fields: listOf(word),
      action: word,
      reason: word,
      nearestMiss: nullable(packText),
    },
  }),
  declareEvent<AuditTrailRead>('AuditTrailRead', 1, {
    subject: null,
    fields: { filter: record({ from: nullable(instant), to: nullable(instant), byMember: flag }) },
  }),
];
