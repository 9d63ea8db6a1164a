import {
  behaviourCategory,
  nightCategory,
  type BehaviourBody,
  type BehaviourEvent,
  type NightCopy,
  type VoidCopy,
} from '@lacuna/domain/behaviour';
import { catalogue, sealFields } from '@lacuna/domain/catalogue';
import {
  isSealed,
  LacunaError,
  streamId,
  type EventMetadata,
  type Instant,
  type LocalDate,
  type Processing,
  type Sealed,
} from '@lacuna/domain/kernel';
import { localDate, startOfDay, type PolicyPack } from '@lacuna/domain/policy';
import type { NightHold, ScopedKeys } from '@lacuna/custody';
import type { NewEvent } from '@lacuna/event-store';
import { sealedTrace } from '../execute/trace.js';

/** Who and why stand sealed in the body: in clear, a rare channel or an early hour would lead back to the person. */
const SEALED_PROCESSING: Processing = {
  channel: 'sealed',
  lawfulBasis: 'sealed',
  purposes: ['sealed'],
  noticeVersion: null,
  provenance: 'sealed',
};

/** What is the same for all behaviour that a tenant records in a day; `at` is also the time it is appended with. */
export type CoarseFrame = Readonly<{ tenant: string; at: Instant; metadata: EventMetadata }>;

/**
 * The metadata of everything that was recorded on a day. The time is the local midnight that began it: the log makes it
 * `recordedAt = max(previous, that)`, so that nothing finer than the day stands there, or than its neighbours' order.
 */
export const coarseFrame = (pack: PolicyPack, tenant: string, now: Instant): CoarseFrame => {
  const at = startOfDay(pack, localDate(now, pack.zone));
  const actor = { id: 'sealed', role: 'sealed' };
  const metadata = { tenant, occurredAt: at, actor, processing: SEALED_PROCESSING, policy: pack.id };
  return { tenant, at, metadata };
};

export const behaviourStream = (tenant: string, keys: ScopedKeys, ordinal: number): string =>
  streamId(tenant, 'behaviour', keys.stream(ordinal));

export const nightStream = (tenant: string, night: LocalDate): string => streamId(tenant, 'night', night);

type Sealers = Readonly<Record<string, (field: string, eventId: string, plaintext: string) => Sealed>>;

/** The stored form of an event whose values are sealed under different keys, by category. */
const toStored = (
  event: BehaviourEvent<string>,
  id: string,
  { metadata }: CoarseFrame,
  sealers: Sealers,
): NewEvent => {
  const entry = catalogue.newest(event.type);
  const data = sealFields(entry, event, (category, label, plaintext) => {
    const seal = sealers[category];
    if (seal === undefined) throw new LacunaError('EVENT_MALFORMED', `nobody seals ${category} here`);
    return seal(label, id, plaintext);
  });
  return { id, type: event.type, schemaVersion: entry.version, data, metadata };
};

/** One thing that a member did, or its correction: the body under the person's day, the copy under the night. */
export type LiveEvent = Readonly<{
  id: string;
  day: LocalDate;
  body: BehaviourBody;
  copy: NightCopy | VoidCopy;
}>;

const traced = (body: BehaviourBody): BehaviourBody => ({
  ...body,
  frame: { ...body.frame, ...sealedTrace() },
});

export const toRecorded = (
  { id, day, body, copy }: LiveEvent,
  frame: CoarseFrame,
  keys: ScopedKeys,
  hold: NightHold,
): NewEvent =>
  toStored(
    {
      type: 'BehaviourRecorded',
      data: { day, night: hold.night, body: JSON.stringify(traced(body)), copy: JSON.stringify(copy) },
    },
    id,
    frame,
    {
      [behaviourCategory]: (...value) => keys.seal(...value),
      [nightCategory]: (...value) => hold.seal(...value),
    },
  );

export const toCountedOnly = (
  id: string,
  copies: readonly NightCopy[],
  frame: CoarseFrame,
  hold: NightHold,
): NewEvent =>
  toStored(
    { type: 'BehavioursCountedOnly', data: { night: hold.night, copies: JSON.stringify(copies) } },
    id,
    frame,
    { [nightCategory]: (...value) => hold.seal(...value) },
  );

/** The body of a stored event, where these keys open it. */
export const bodyOf = (
  keys: ScopedKeys,
  { id, data }: Pick<NewEvent, 'id' | 'data'>,
): BehaviourBody | null => {
  const value = data['body'];
  const text = isSealed(value) ? keys.open('body', id, value) : null;
  // Only `toRecorded` seals under this label.
  return text === null ? null : (JSON.parse(text) as BehaviourBody);
};
