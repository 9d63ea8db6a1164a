import type { NightHold } from '@lacuna/custody';
import type { RequestFrame } from '../caller.js';
import { attempts } from '../execute/attempts.js';
import { contextOf } from '../execute/frame.js';
import { packOf } from '../policy/gate.js';
import { holdNight } from './hold-night.js';
import { nameMembers, type NamedRecord } from './name-members.js';
import { placeRecords, type LateRecord, type LiveRecord } from './place-records.js';
import { readRecords, type LabelledRecord, type RefusedRecord } from './read-record.js';
import type { Recording } from './recording.js';
import { coarseFrame, type CoarseFrame } from './stored-behaviour.js';

/** What became of a request's records before anything is written. `night` is null where none of them may come in. */
export type Admitted = Readonly<{
  live: readonly LiveRecord[];
  late: readonly LateRecord[];
  refused: readonly RefusedRecord[];
  night: Readonly<{ hold: NightHold; frame: CoarseFrame }> | null;
}>;

const isRefused = (record: object): record is RefusedRecord => 'error' in record;

const allowed = <Record extends object>(records: readonly (Record | RefusedRecord)[]): readonly Record[] =>
  records.filter((record): record is Record => !isRefused(record));

/**
 * Admits the records of a request and hands them to `write`, while the night that counts them is held. Everything
 * runs side by side: custody and the log share their commits among all that come at once.
 */
export const admitRecords = <Answer>(
  recording: Recording,
  frame: RequestFrame,
  records: readonly LabelledRecord[],
  write: (admitted: Admitted) => Promise<Answer>,
): Promise<Answer> =>
  attempts(async () => {
    const { ports } = recording;
    const { tenant } = frame.caller;
    const pack = packOf(ports, tenant);
    const context = contextOf(ports, frame);
    const now = context.at;
    const read = readRecords({ pack, context, frame }, records);
    const named = await nameMembers(ports, tenant, allowed(read));
    const wanted: readonly NamedRecord[] = allowed(named);
    const refused = [...read, ...named].filter(isRefused);
    if (wanted.length === 0) return write({ live: [], late: [], refused, night: null });
    const hold = await holdNight(ports, pack, tenant, now);
    try {
      const placed = await placeRecords(recording, { pack, tenant, now }, wanted);
      return await write({
        live: placed.filter((one) => one.kind === 'live'),
        late: placed.filter((one) => one.kind === 'late'),
        refused: [...refused, ...placed.filter((one) => one.kind === 'refused')],
        night: { hold, frame: coarseFrame(pack, tenant, now) },
      });
    } finally {
      hold.release();
    }
  });
