import canonicalize from 'canonicalize';
import { behaviourHandle, type BehaviourBody, type NightCopy, type VoidCopy } from '@lacuna/domain/behaviour';
import { LacunaError, hasCode, type LocalDate } from '@lacuna/domain/kernel';
import type { NightHold, ScopedKeys } from '@lacuna/custody';
import { loadDay } from './load-day.js';
import { assertAwaited } from '@lacuna/runtime';
import type { Recording } from './recording.js';
import { bodyOf, toRecorded, type CoarseFrame } from './stored-behaviour.js';

export type LiveBehaviour = Readonly<{
  label: string;
  day: LocalDate;
  body: BehaviourBody;
  copy: NightCopy | VoidCopy;
  keys: ScopedKeys;
}>;

/** Event ids come from request ids under the keys of person and day: they die with either. */
export const eventIdOf = (keys: Pick<ScopedKeys, 'id'>, label: string): string => keys.id(`event:${label}`);

/** What a caller may name the behaviour by: derived once more, so that it is no event id and no place. */
export const handleOf = (keys: ScopedKeys, day: LocalDate, eventId: string): string =>
  behaviourHandle(day, keys.id(`handle:${eventId}`));

/** What a request says of a behaviour. The frame is not part of it: a retry has another time. */
const sayingOf = (body: BehaviourBody): string | undefined => {
  const { kind, details } = body;
  return body.what === 'recorded'
    ? canonicalize({ kind, occurred: body.occurred, details })
    : canonicalize({ of: body.of, details });
};

export const sameSaying = (one: BehaviourBody, other: BehaviourBody): boolean =>
  one.what === other.what && sayingOf(one) === sayingOf(other);

/** A record that stands already gets its first answer; with another payload its request id was used before. */
const assertSame = async (
  { ports }: Recording,
  { tenant }: CoarseFrame,
  { keys, body }: LiveBehaviour,
  id: string,
): Promise<void> => {
  const { events } = await loadDay(ports.store, tenant, keys);
  const standing = events.find((event) => event.id === id);
  const first = standing === undefined ? null : bodyOf(keys, standing);
  if (first === null || !sameSaying(first, body))
    throw new LacunaError('REQUEST_ID_REUSED', 'it was recorded with another payload');
};

/**
 * Appends one behaviour, the only event of its stream, at the first free place of the person's day. Appended again it
 * is known by its event id, wherever in that day it stands: `isNew` is false then.
 */
export const appendLive = async (
  recording: Recording,
  frame: CoarseFrame,
  live: LiveBehaviour,
  hold: NightHold,
): Promise<Readonly<{ eventId: string; isNew: boolean }>> => {
  const { label, day, body, copy, keys } = live;
  const id = eventIdOf(keys, label);
  const events = [toRecorded({ id, day, body, copy }, frame, keys, hold)];
  assertAwaited();
  try {
    const { kind } = await recording.ordinals.append(frame.tenant, keys, (stream) =>
      recording.ports.store.append({ stream, expected: 'none', events, now: frame.at }),
    );
    return { eventId: id, isNew: kind === 'appended' };
  } catch (error) {
    if (hasCode(error, 'EVENT_ID_REUSED')) return { eventId: id, isNew: false };
    throw error;
  }
};

/** As `appendLive`, and answers with the handle: of the first time where it stands already. */
export const recordLive = async (
  recording: Recording,
  frame: CoarseFrame,
  live: LiveBehaviour,
  hold: NightHold,
): Promise<string> => {
  const { eventId, isNew } = await appendLive(recording, frame, live, hold);
  if (!isNew) await assertSame(recording, frame, live, eventId);
  return handleOf(live.keys, live.day, eventId);
};
