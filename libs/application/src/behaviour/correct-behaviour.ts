import {
  behaviourCategory,
  correctBehaviour as decideCorrection,
  dayEntries,
  dayOfHandle,
  type BehaviourBody,
  type Form,
  type NightCopy,
} from '@lacuna/domain/behaviour';
import { LacunaError, hasCode, type LocalDate } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { NightHold, ScopedKeys } from '@lacuna/custody';
import type { RequestFrame } from '../caller.js';
import { MovedOn, attempts } from '../execute/attempts.js';
import { refusal } from '../execute/execute.js';
import { contextOf, memberOf } from '../execute/frame.js';
import { authoriseCollection, packOf } from '../policy/gate.js';
import { eventIdOf, handleOf, sameSaying } from './append-live.js';
import type { CorrectBehaviour } from './behaviour.commands.js';
import { holdNight } from './hold-night.js';
import { loadDay, type LoadedDay } from './load-day.js';
import { formOf } from './read-record.js';
import type { Recording } from './recording.js';
import { behaviourStream, bodyOf, coarseFrame, toRecorded } from './stored-behaviour.js';

const formsOf = (pack: PolicyPack): ReadonlyMap<string, Form> =>
  new Map(
    [...pack.fields.keys()].flatMap((kind) => {
      const form = formOf(pack, kind);
      return form === null ? [] : [[kind, form] as const];
    }),
  );

type Asked = Readonly<{ pack: PolicyPack; frame: RequestFrame; memberId: string }>;

const mayCorrect = ({ pack, frame, memberId }: Asked, kind: string): void => {
  const { caller, processing } = frame;
  authoriseCollection(pack, { caller, action: 'correct-behaviour', memberId }, processing, [kind]);
};

const allows = (asked: Asked, kind: string): boolean => {
  try {
    mayCorrect(asked, kind);
    return true;
  } catch {
    return false;
  }
};

/** Before anything is looked up: somebody who may correct nothing learns nothing. */
const mayCorrectSome = (asked: Asked): void => {
  const kinds = [...formsOf(asked.pack).keys()];
  if (!kinds.some((kind) => allows(asked, kind))) mayCorrect(asked, kinds[0] ?? '');
};

type Day = Readonly<{ tenant: string; memberId: string; day: LocalDate; now: string }>;

const openDay = async (
  { ports: { custody } }: Recording,
  { tenant, memberId: subject, day: scope, now }: Day,
): Promise<ScopedKeys> => {
  try {
    return await custody.openScoped({
      tenant,
      subject,
      category: behaviourCategory,
      scope,
      mint: false,
      now,
    });
  } catch (error) {
    if (hasCode(error, 'SCOPE_CLOSED')) throw new LacunaError('BEHAVIOUR_ANONYMISED');
    if (hasCode(error, 'SCOPE_UNKNOWN', 'SUBJECT_UNPREPARED')) throw new LacunaError('BEHAVIOUR_NOT_FOUND');
    if (hasCode(error, 'SUBJECT_UNKNOWN')) throw new LacunaError('MEMBER_NOT_FOUND');
    throw error;
  }
};

type Opened = Readonly<{ behaviourId: string; body: BehaviourBody; eventId: string }>;

const openedOf = (keys: ScopedKeys, day: LocalDate, { events }: LoadedDay): readonly Opened[] =>
  events.flatMap((event) => {
    const body = bodyOf(keys, event);
    return body === null ? [] : [{ behaviourId: handleOf(keys, day, event.id), body, eventId: event.id }];
  });

type Correcting = Readonly<{ recording: Recording; command: CorrectBehaviour; asked: Asked; day: LocalDate }>;

const label = ({ frame }: CorrectBehaviour): string =>
  JSON.stringify(['correct', frame.caller.client, frame.requestId]);

/** The correction that this request left before, where it did; null: it is new. */
const standing = (opened: readonly Opened[], id: string, body: BehaviourBody | null): boolean => {
  const found = opened.find(({ eventId }) => eventId === id);
  if (found === undefined) return false;
  if (body === null || !sameSaying(found.body, body))
    throw new LacunaError('REQUEST_ID_REUSED', 'it was recorded with another payload');
  return true;
};

const attempt = async (
  { recording, command, asked, day }: Correcting,
  hold: NightHold,
  now: string,
): Promise<void> => {
  const { ports } = recording;
  const { pack, frame, memberId } = asked;
  const { tenant } = frame.caller;
  const keys = await openDay(recording, { tenant, memberId, day, now });
  const loaded = await loadDay(ports.store, tenant, keys);
  const opened = openedOf(keys, day, loaded);
  const decision = decideCorrection({
    entries: dayEntries(opened),
    forms: formsOf(pack),
    behaviourId: command.data.behaviourId,
    details: command.data.details,
    context: contextOf(ports, frame),
    now,
  });
  if (decision.kind === 'refused') throw refusal(decision.refusal);
  const { body, difference } = decision;
  mayCorrect(asked, difference.kind);
  const id = eventIdOf(keys, label(command));
  if (standing(opened, id, body)) return;
  const copy: NightCopy = {
    ...difference,
    night: hold.night,
    person: hold.pseudonym(memberId),
    day,
    count: 0,
  };
  const coarse = coarseFrame(pack, tenant, now);
  const result = await ports.store.append({
    stream: behaviourStream(tenant, keys, loaded.next),
    expected: 'none',
    events: [toRecorded({ id, day, body, copy }, coarse, keys, hold)],
    now: coarse.at,
  });
  // The difference was taken from what stood there: whoever was quicker may have changed it.
  if (result.kind !== 'appended') throw new MovedOn('REVISION_CONFLICT');
};

/**
 * Appends the right details behind what stands in the person's day; the copy for the night holds the difference to
 * what was said last. It is lost to no race: the place behind what was loaded is the lock.
 */
export const correctBehaviour = (recording: Recording, command: CorrectBehaviour): Promise<void> => {
  const { ports } = recording;
  const { frame, data } = command;
  const { tenant } = frame.caller;
  const pack = packOf(ports, tenant);
  return attempts(async () => {
    const asked: Asked = { pack, frame, memberId: memberOf(frame.caller, data.memberId) };
    mayCorrectSome(asked);
    const day = dayOfHandle(data.behaviourId);
    if (day === null) throw new LacunaError('BEHAVIOUR_NOT_FOUND');
    const now = ports.clock.now();
    if (recording.closedDays(pack, tenant, now)(day)) throw new LacunaError('BEHAVIOUR_ANONYMISED');
    const hold = await holdNight(ports, pack, tenant, now);
    try {
      await attempt({ recording, command, asked, day }, hold, now);
    } finally {
      hold.release();
    }
  });
};
