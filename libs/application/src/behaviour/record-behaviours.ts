import { LacunaError } from '@lacuna/domain/kernel';
import { admitRecords, type OpenNight } from './admit-records.js';
import { recordLive } from './append-live.js';
import type { BehaviourAnswer, RecordBehaviours } from './behaviour.commands.js';
import { countOnly } from './count-only.js';
import { copyOf, type LateRecord, type LiveRecord, type PlacedRecord } from './place-records.js';
import type { LabelledRecord, RefusedRecord } from './read-record.js';
import type { Recording } from './recording.js';

const MOST_RECORDS = 500;

type IndexedAnswer = readonly [index: number, answer: BehaviourAnswer];

const refusedAs = ({ index, error }: Pick<RefusedRecord, 'index' | 'error'>): IndexedAnswer => [
  index,
  { kind: 'refused', error },
];

const writeLive = async (
  recording: Recording,
  { record, keys }: LiveRecord,
  { hold, frame }: OpenNight,
): Promise<IndexedAnswer> => {
  const { index, label, day, body } = record;
  try {
    const live = { label, day, body, keys, copy: copyOf(record, hold) };
    return [index, { kind: 'recorded', behaviourId: await recordLive(recording, frame, live, hold), day }];
  } catch (error) {
    return refusedAs({ index, error });
  }
};

const writeLate = async (
  { ports: { store } }: Recording,
  late: readonly LateRecord[],
  night: OpenNight,
): Promise<readonly IndexedAnswer[]> => {
  try {
    await countOnly({ store, ...night }, late);
    return late.map(({ record: { index, day } }) => [index, { kind: 'counted-only', day }]);
  } catch (error) {
    return late.map(({ record: { index } }) => refusedAs({ index, error }));
  }
};

type Written = IndexedAnswer | LateRecord;

const writeEach = async (recording: Recording, placed: PlacedRecord, night: OpenNight): Promise<Written> => {
  switch (placed.kind) {
    case 'live':
      return writeLive(recording, placed, night);
    case 'late':
      return placed;
    case 'refused':
      return refusedAs(placed);
  }
};

const isLate = (written: Written): written is LateRecord => 'kind' in written;

/**
 * An answer for each record in their order; what `recorded` and `counted-only` say is durable. Sent again, alone or in
 * other company, a record gets its first answer: while its day lives, or, counted only, while its night lasts.
 */
export const recordBehaviours = async (
  recording: Recording,
  { frame, records }: RecordBehaviours,
): Promise<readonly BehaviourAnswer[]> => {
  if (records.length === 0 || records.length > MOST_RECORDS)
    throw new LacunaError('BATCH_LIMIT', `1 to ${String(MOST_RECORDS)} records at once`);
  const { client } = frame.caller;
  const labelled = records.map((record, index): LabelledRecord => {
    const label = JSON.stringify(['record', client, record.recordId]);
    return { index, label, record };
  });
  const answers = await admitRecords(recording, frame, labelled, {
    each: (placed, night) => writeEach(recording, placed, night),
    rest: async (written, refused, night) => {
      const late = written.filter(isLate);
      const counted = night === null ? [] : await writeLate(recording, late, night);
      const others = written.filter((one): one is IndexedAnswer => !isLate(one));
      return new Map([...refused.map(refusedAs), ...others, ...counted]);
    },
  });
  return records.map((_, index) => answers.get(index) ?? { kind: 'refused', error: unanswered() });
};

const unanswered = (): LacunaError => new LacunaError('EVENT_MALFORMED', 'a record was left unanswered');
