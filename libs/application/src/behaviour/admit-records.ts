import type { NightHold } from '@lacuna/custody';
import type { RequestFrame } from '../caller.js';
import { attempts } from '../execute/attempts.js';
import { contextOf } from '../execute/frame.js';
import { packOf } from '../policy/gate.js';
import { holdNight } from './hold-night.js';
import { nameMembers, type NamedRecord } from './name-members.js';
import { placeRecords, type PlacedRecord } from './place-records.js';
import { readRecords, type LabelledRecord, type RefusedRecord } from './read-record.js';
import type { Recording } from './recording.js';
import { shuffled } from './shuffle.js';
import { coarseFrame, type CoarseFrame } from './stored-behaviour.js';

/** The night that is held while records are written, and the frame that all of them share. */
export type OpenNight = Readonly<{ hold: NightHold; frame: CoarseFrame }>;

/** What became of a record before anything is written, and its writing once it is placed. */
export type Write<Written> = (placed: PlacedRecord, night: OpenNight) => Promise<Written>;

const isRefused = (record: object): record is RefusedRecord => 'error' in record;

const allowed = <Record extends object>(records: readonly (Record | RefusedRecord)[]): readonly Record[] =>
  records.filter((record): record is Record => !isRefused(record));

/** How records are written: each as soon as it is placed, then what is left of all of them. */
export type Writing<Written, Answer> = Readonly<{
  each: Write<Written>;
  /** `night` is null where no record may come in. */
  rest: (
    written: readonly Written[],
    refused: readonly RefusedRecord[],
    night: OpenNight | null,
  ) => Promise<Answer>;
}>;

/** All of them, whatever becomes of one: the night is let go only when nothing of the request is under way. */
const everyOne = async <Value>(promises: readonly Promise<Value>[]): Promise<readonly Value[]> => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};

/**
 * Admits the records of a request and writes them while the night that counts them is held. Everything runs side by
 * side: custody and the log share their commits among all that come at once. In no order: what came together stands
 * together in the log, and says no more than that.
 */
export const admitRecords = <Written, Answer>(
  recording: Recording,
  frame: RequestFrame,
  records: readonly LabelledRecord[],
  { each, rest }: Writing<Written, Answer>,
): Promise<Answer> =>
  attempts(async () => {
    const { ports } = recording;
    const { tenant } = frame.caller;
    const pack = packOf(ports, tenant);
    const context = contextOf(ports, frame);
    const now = context.at;
    const read = readRecords({ pack, context, frame }, records);
    const named = await nameMembers(ports, tenant, allowed(read));
    const wanted: readonly NamedRecord[] = shuffled(allowed(named));
    const refused = [...read, ...named].filter(isRefused);
    if (wanted.length === 0) return rest([], refused, null);
    const hold = await holdNight(ports, pack, tenant, now);
    try {
      const night = { hold, frame: coarseFrame(pack, tenant, now) };
      const placing = placeRecords(recording, { pack, tenant, now }, wanted);
      const written = await everyOne(placing.map(async (placed) => each(await placed, night)));
      return await rest(written, refused, night);
    } finally {
      hold.release();
    }
  });
