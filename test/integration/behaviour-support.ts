import { RecordBehaviours, type BehaviourAnswer, type BehaviourRecord } from '@lacuna/application';
import type { BehaviourBody } from '@lacuna/domain/behaviour';
import { isSealed, streamId } from '@lacuna/domain/kernel';
import type { RecordedEvent } from '@lacuna/event-store';
import { frameAs, type Instance } from './house.js';

export const TENANT = 'car-club';

let records = 0;

/** A purchase of a member; a record of its own unless it is given an id. */
export const purchaseOf = (memberId: string, more: Partial<BehaviourRecord> = {}): BehaviourRecord => ({
  recordId: `record-${String(++records)}`,
  member: { memberId },
  kind: 'purchase',
  occurred: '1998-06-30',
  details: { units: '2', amount: '11.77' },
  ...more,
});

export const record = (
  house: Pick<Instance, 'run'>,
  ...all: readonly BehaviourRecord[]
): Promise<readonly BehaviourAnswer[]> => house.run(new RecordBehaviours(frameAs('integrator'), all));

export const codesOf = (answers: readonly BehaviourAnswer[]): readonly unknown[] =>
  answers.map((answer) =>
    answer.kind === 'refused' ? (answer.error as { code: unknown }).code : answer.kind,
  );

export const handleIn = (answer: BehaviourAnswer | undefined): string => {
  if (answer?.kind !== 'recorded') throw new Error(`not recorded: ${JSON.stringify(answer)}`);
  return answer.behaviourId;
};

export type StoredBehaviour = Readonly<{ event: RecordedEvent; body: BehaviourBody }>;

/** What stands of a person's day, place by place until one is free, opened with the keys of person and day. */
export const dayOf = async (
  { store, custody }: Pick<Instance, 'store' | 'custody'>,
  subject: string,
  day: string,
): Promise<readonly StoredBehaviour[]> => {
  const [keys] = await custody.openScopes({ tenant: TENANT, subject }, 'behaviour', [day]);
  const found: StoredBehaviour[] = [];
  while (keys !== undefined) {
    const stream = streamId(TENANT, 'behaviour', keys.stream(found.length));
    const { events } = await store.readStream(stream);
    const [event] = events;
    if (event === undefined) break;
    expect(events).toHaveLength(1);
    const body = isSealed(event.data['body']) ? keys.open('body', event.id, event.data['body']) : null;
    found.push({ event, body: JSON.parse(body ?? 'null') as BehaviourBody });
  }
  return found;
};

/** Every row of custody's tables of people, with its marks of locks and changes. */
export const marksOf = async (pool: {
  query: (text: string) => Promise<{ rows: unknown[] }>;
}): Promise<string> => {
  const rows = await Promise.all(
    ['subjects', 'subject_keys', 'claims'].map(
      async (table) =>
        (await pool.query(`SELECT ctid::text, xmin::text, xmax::text FROM custody.${table} ORDER BY ctid`))
          .rows,
    ),
  );
  return JSON.stringify(rows);
};
