import { LacunaError } from '@lacuna/domain/kernel';
import { admitRecords, type Admitted } from './admit-records.js';
import { recordLive } from './append-live.js';
import type { BehaviourAnswer, RecordBehaviours } from './behaviour.commands.js';
import { countOnly } from './count-only.js';
import { copyOf, type LateRecord, type LiveRecord } from './place-records.js';
import type { LabelledRecord } from './read-record.js';
import type { Recording } from './recording.js';
import { shuffled } from './shuffle.js';

const MOST_RECORDS = 500;

type IndexedAnswer = readonly [index: number, answer: BehaviourAnswer];
type Night = NonNullable<Admitted['night']>;

const refusedAs = (index: number, error: unknown): IndexedAnswer => [index, { kind: 'refused', error }];

const writeLive = async (
  recording: Recording,
  { hold, frame }: Night,
  { record, keys }: LiveRecord,
): Promise<IndexedAnswer> => {
  const { index, label, day, body } = record;
  try {
    const live = { label, day, body, keys, copy: copyOf(record, hold) };
    return [index, { kind: 'recorded', behaviourId: await recordLive(recording, frame, live, hold), day }];
  } catch (error) {
    return refusedAs(index, error);
  }
};

const writeLate = async (
  { ports: { store } }: Recording,
  night: Night,
  late: readonly LateRecord[],
): Promise<readonly IndexedAnswer[]> => {
  try {
    await countOnly({ store, ...night }, late);
    return late.map(({ record: { index, day } }) => [index, { kind: 'counted-only', day }]);
  } catch (error) {
    return late.map(({ record }) => refusedAs(record.index, error));
  }
};

const write = async (
  recording: Recording,
  { live, late, refused, night }: Admitted,
): Promise<readonly IndexedAnswer[]> => {
  const answers = refused.map(({ index, error }) => refusedAs(index, error));
  if (night === null) return answers;
  const [counted, recorded] = await Promise.all([
    writeLate(recording, night, late),
    // In no order: what came together stands together in the log, and says no more than that.
    Promise.all(shuffled(live).map((one) => writeLive(recording, night, one))),
  ]);
  return [...answers, ...counted, ...recorded];
};

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
  const answers = new Map(await admitRecords(recording, frame, labelled, (all) => write(recording, all)));
  return records.map((_, index) => answers.get(index) ?? { kind: 'refused', error: unanswered() });
};

const unanswered = (): LacunaError => new LacunaError('EVENT_MALFORMED', 'a record was left unanswered');
