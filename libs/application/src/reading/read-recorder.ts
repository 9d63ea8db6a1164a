import { randomUUID } from 'node:crypto';
import {
  hasCode,
  streamId,
  type DomainEvent,
  type EventMetadata,
  type Processing,
} from '@lacuna/domain/kernel';
import { localDate } from '@lacuna/domain/policy';
import {
  auditCategory,
  type AuditTrailRead,
  type PersonalDataRead,
  type PersonalDataReadDenied,
} from '@lacuna/domain/reading';
import type { SubjectWriter } from '@lacuna/custody';
import type { Position } from '@lacuna/event-store';
import type { Caller } from '../caller.js';
import { contextOf, metadataOf } from '../execute/frame.js';
import { toStored } from '../execute/write.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import type { AllowedRead, DeniedRead, ReadRecorder, TrailRead } from './read-recorder.port.js';

/** A read brings no data in: why it was made stands in the event itself. */
const reading = (purpose: string | null): Processing => ({
  channel: 'query',
  lawfulBasis: '',
  purposes: purpose === null ? [] : [purpose],
  noticeVersion: null,
  provenance: '',
});

type Place = Readonly<{ stream: string; eventId: string; writer: SubjectWriter | null }>;

const monthOf = (ports: Ports, tenant: string): string =>
  localDate(ports.clock.now(), packOf(ports, tenant).zone).slice(0, 7);

const metadata = (ports: Ports, caller: Caller, purpose: string | null): EventMetadata =>
  metadataOf(ports, contextOf(ports, { caller, requestId: '', processing: reading(purpose) }));

/**
 * A month of one person's reads: the stream is named by their audit key, and by nothing else. What says who was read
 * is sealed under the month as well, so that the record ends with the month, for everybody at once.
 */
const subjectPlace = async (ports: Ports, tenant: string, memberId: string): Promise<Place> => {
  const month = monthOf(ports, tenant);
  const writer = await ports.custody.open({
    tenant,
    subject: memberId,
    categories: [auditCategory],
    mint: 'keys',
    scopes: { [auditCategory]: month },
    now: ports.clock.now(),
  });
  const part = writer.deriveStream(auditCategory, month);
  return { stream: streamId(tenant, 'reads', part), eventId: randomUUID(), writer };
};

/** The tenant's own month, for what has no living subject. */
const accessPlace = (ports: Ports, tenant: string): Place => ({
  stream: streamId(tenant, 'access', monthOf(ports, tenant)),
  eventId: randomUUID(),
  writer: null,
});

const placeOfDenied = async (ports: Ports, { caller, memberId }: DeniedRead): Promise<Place> => {
  if (memberId === null) return accessPlace(ports, caller.tenant);
  try {
    return await subjectPlace(ports, caller.tenant, memberId);
  } catch (error) {
    if (hasCode(error, 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED', 'SUBJECT_UNKNOWN'))
      return accessPlace(ports, caller.tenant);
    throw error;
  }
};

const record = async (
  ports: Ports,
  { stream, eventId, writer }: Place,
  event: DomainEvent,
  meta: EventMetadata,
): Promise<Position> => {
  const result = await ports.store.append({
    stream,
    expected: 'any',
    events: [toStored(event, eventId, meta, writer)],
    now: ports.clock.now(),
  });
  // `any` expects nothing, so nothing can conflict: an engine that says so has recorded nothing.
  if (result.kind === 'conflict') throw new Error('an append that expects nothing met a conflict');
  return result.position;
};

const recordRead = async (ports: Ports, read: AllowedRead): Promise<Position> => {
  const { caller, memberId, purpose, category, fields, action, rules, grants, asOf } = read;
  const place = await subjectPlace(ports, caller.tenant, memberId);
  const event: PersonalDataRead<string> = {
    type: 'PersonalDataRead',
    data: {
      subject: memberId,
      purpose,
      category,
      fields,
      action,
      rules,
      grants,
      asOf: asOf?.toString() ?? null,
    },
  };
  return record(ports, place, event, metadata(ports, caller, purpose));
};

const recordDenied = async (ports: Ports, read: DeniedRead): Promise<Position> => {
  const { caller, memberId, action, reason, nearestMiss } = read;
  const pack = packOf(ports, caller.tenant);
  // Only the pack's own words stand in clear: what a caller made up could be anything, a telephone number too.
  const purpose = pack.purposes.has(read.purpose) ? read.purpose : null;
  const fields = read.fields.filter((field) => pack.fields.has(field));
  const place = await placeOfDenied(ports, read);
  const subject = place.writer === null || memberId === null ? {} : { subject: memberId };
  const event: PersonalDataReadDenied<string> = {
    type: 'PersonalDataReadDenied',
    data: { ...subject, purpose, fields, action, reason, nearestMiss },
  };
  return record(ports, place, event, metadata(ports, caller, purpose));
};

const recordTrailRead = async (
  ports: Ports,
  { caller, from, to, byMember }: TrailRead,
): Promise<Position> => {
  const event: AuditTrailRead = { type: 'AuditTrailRead', data: { filter: { from, to, byMember } } };
  return record(ports, accessPlace(ports, caller.tenant), event, metadata(ports, caller, null));
};

/** Records reads where the commands' ports write; one append each, which the stores share with what else is under way. */
export const createReadRecorder = (ports: Ports): ReadRecorder => ({
  recordRead: (read) => recordRead(ports, read),
  recordDenied: (read) => recordDenied(ports, read),
  recordTrailRead: (read) => recordTrailRead(ports, read),
});
