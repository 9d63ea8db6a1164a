import { behaviourCategory, type NightCopy } from '@lacuna/domain/behaviour';
import { LacunaError, hasCode, type Instant } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { Custody, NightHold, ScopedKeys } from '@lacuna/custody';
import { aboutOf, type NamedRecord } from './name-members.js';
import type { RefusedRecord } from './read-record.js';
import type { Recording } from './recording.js';

/** A record whose day is open, with the keys of its person and day. */
export type LiveRecord = Readonly<{ kind: 'live'; record: NamedRecord; keys: ScopedKeys }>;

/** A record whose day has closed: it counts, and nothing of it is kept about anybody. */
export type LateRecord = Readonly<{ kind: 'late'; record: NamedRecord }>;

export type PlacedRecord = LiveRecord | LateRecord | (RefusedRecord & Readonly<{ kind: 'refused' }>);

export type Placing = Readonly<{ pack: PolicyPack; tenant: string; now: Instant }>;

type Answer = ScopedKeys | 'late' | Readonly<{ error: unknown }>;

/** How often keys are made that were missing: once, and once more for those registered while the first was under way. */
const PREPARATIONS = 2;

/**
 * Only reads, but for the day's own key: a row or a lock of the person that were written here would stand beside the
 * event that follows, in the same moment of the database's log.
 */
const keysOf = async (
  recording: Recording,
  { tenant, now }: Placing,
  { memberId, day }: NamedRecord,
): Promise<Answer> => {
  const asked = { tenant, subject: memberId, category: behaviourCategory, scope: day, mint: true, now };
  for (let prepared = 0; ; prepared += 1) {
    try {
      return await recording.ports.custody.openScoped(asked);
    } catch (error) {
      // The date said that the day is open, but its run has begun: custody's word is the last one.
      if (hasCode(error, 'SCOPE_CLOSED')) return 'late';
      if (hasCode(error, 'SUBJECT_UNKNOWN')) return { error: new LacunaError('MEMBER_NOT_FOUND') };
      if (!hasCode(error, 'SUBJECT_UNPREPARED')) return { error };
      // Keys are made for members alone: who still has none is somebody else (a real-name record).
      if (prepared === PREPARATIONS) return { error: new LacunaError('MEMBER_NOT_FOUND') };
      await recording.prepare(tenant);
    }
  }
};

/** Nothing is opened for what is only counted, so the fence is asked here: an erased member is not counted either. */
const liveness = async (custody: Custody, tenant: string, subject: string): Promise<Answer> => {
  const status = await custody.status({ tenant, subject });
  switch (status.kind) {
    case 'live':
      return 'late';
    case 'unknown':
      return { error: new LacunaError('MEMBER_NOT_FOUND') };
    case 'restricted':
      return { error: new LacunaError('SUBJECT_RESTRICTED') };
    case 'erased':
      return { error: new LacunaError('SUBJECT_ERASED') };
  }
};

/**
 * Finds out for each record whether it is kept or counted only. Each member and day is asked for once. The answers come
 * one by one: who has them writes, while custody is still busy with the others.
 */
export const placeRecords = (
  recording: Recording,
  placing: Placing,
  records: readonly NamedRecord[],
): readonly Promise<PlacedRecord>[] => {
  const { pack, tenant, now } = placing;
  const isClosed = recording.closedDays(pack, tenant, now);
  const asked = new Map<string, Promise<Answer>>();
  const ask = (key: string, question: () => Promise<Answer>): Promise<Answer> => {
    const answer = asked.get(key) ?? question();
    asked.set(key, answer);
    return answer;
  };
  return records.map(async (record): Promise<PlacedRecord> => {
    const { memberId, day, index } = record;
    try {
      const answer = isClosed(day)
        ? await ask(memberId, () => liveness(recording.ports.custody, tenant, memberId))
        : await ask(`${memberId} ${day}`, () => keysOf(recording, placing, record));
      if (answer === 'late') return { kind: 'late', record };
      if ('error' in answer) throw answer.error;
      return { kind: 'live', record, keys: answer };
    } catch (error) {
      return { kind: 'refused', index, about: aboutOf(error), error };
    }
  });
};

/** What a record adds to the statistics of the night. */
export const copyOf = ({ memberId, day, body }: NamedRecord, hold: NightHold): NightCopy => ({
  night: hold.night,
  person: hold.pseudonym(memberId),
  day,
  kind: body.kind,
  count: 1,
  units: body.details.units,
  amount: body.details.amount,
});
