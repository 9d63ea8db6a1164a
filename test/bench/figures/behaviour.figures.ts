import { randomUUID } from 'node:crypto';
import { RecordBehaviours, RegisterMember, type BehaviourRecord } from '@lacuna/application';
import { localDate } from '@lacuna/domain/policy';
import type { NewEvent } from '@lacuna/event-store';
import { batchInserts } from '../floors.js';
import { storedBytes, type House } from '../house.js';
import { compareAll, milliseconds, throughput } from '../measure.js';
import { frameAs, TENANT } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const BATCH = 500;
const ZONE = 'Asia/Shanghai';

export const membersOf = async ({ house, people }: Bench, count: number): Promise<readonly string[]> => {
  const members: string[] = [];
  await throughput({ count, width: 64 }, async () => {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
    members.push(memberId);
  });
  await house.ports.confirmations.flush();
  return members;
};

/** A day of the last months, all of them live under the demo pack. */
export const dayBefore = (days: number): string =>
  localDate(new Date(Date.now() - days * 86_400_000).toISOString(), ZONE);

let made = 0;

/** Purchases of these members in turn, over 120 days: what an import of live rows brings. */
const batchOf = (members: readonly string[]): readonly BehaviourRecord[] =>
  Array.from({ length: BATCH }, () => {
    made += 1;
    return {
      recordId: `row-${made}`,
      member: { memberId: members[(made * 7919) % members.length] ?? '' },
      kind: 'purchase',
      occurred: dayBefore(1 + (made % 120)),
      details: { units: String(1 + (made % 5)), amount: `${made % 90}.${10 + (made % 90)}` },
    };
  });

const recording =
  ({ house }: Bench, batches: readonly (readonly BehaviourRecord[])[]) =>
  async (index: number): Promise<void> => {
    const answers = await house.run(new RecordBehaviours(frameAs('integrator'), batches[index] ?? []));
    const refused = answers.find(({ kind }) => kind !== 'recorded');
    if (refused) throw new Error('a live behaviour was not recorded as one');
  };

/** The bar's line on recording: batches of 500 through the handlers, beside inserts of as many rows and bytes. */
const measureRecording = async (bench: Bench) => {
  const { house } = bench;
  const members = await membersOf(bench, scaled(4_000, bench, 500));
  const count = scaled(20, bench, 2);
  const batches = () => Array.from({ length: count }, () => batchOf(members));
  const run = (load: readonly (readonly BehaviourRecord[])[]) =>
    throughput({ count: load.length, width: 1 }, recording(bench, load));
  await run(batches());
  const bytes = await storedBytes(house.ownerUrl, 'BehaviourRecorded');
  return compareAll(scaled(5, bench, 3), [
    {
      name: `recording behaviour, handler path, batches of ${BATCH}`,
      unit: '/s',
      floorName: `multi-row inserts of ${BATCH} rows of ${bytes} B on one connection`,
      bar: { atLeast: 0.15, aim: 0.3 },
      floor: () => batchInserts(house.ownerUrl, { batches: count * 4, rows: BATCH, bytes }),
      value: async () => (await run(batches())) * BATCH,
    },
  ]);
};

/** A behaviour as it is stored. */
export const storedBehaviour = async ({ house }: Bench, members: readonly string[]): Promise<NewEvent> => {
  await house.run(new RecordBehaviours(frameAs('integrator'), batchOf(members).slice(0, 1)));
  for await (const { events } of house.store.readAll(0n))
    for (const { id, type, schemaVersion, data, metadata } of events)
      if (type === 'BehaviourRecorded') return { id, type, schemaVersion, data, metadata };
  throw new Error('a recorded behaviour is not in the log');
};

type Filling = Readonly<{ pattern: NewEvent; members: readonly string[] }>;

/** Fills a day: its scope key is made by real records, the rest are copies, which no key can tell. */
const filling =
  (bench: Bench, { pattern, members }: Filling) =>
  async (day: string, events: number): Promise<void> => {
    const { house } = bench;
    const records = batchOf(members).slice(0, 10);
    const onDay = records.map((record) => ({ ...record, occurred: day }));
    await house.run(new RecordBehaviours(frameAs('integrator'), onDay));
    await throughput({ count: events - records.length, width: 256 }, () =>
      house.store.append({
        stream: `${TENANT}.behaviour-${randomUUID().replaceAll('-', '')}`,
        expected: 'none',
        events: [{ ...pattern, id: randomUUID(), data: { ...pattern.data, day } }],
        now: pattern.metadata.occurredAt,
      }),
    );
  };

/** From the fence to the event that says it: what rotation and statistics cost stands beside it. */
const endDay =
  ({ house }: Bench, day: string) =>
  async (): Promise<void> => {
    const { custody, store } = house;
    const now = new Date().toISOString();
    const [ended] = await custody.destroyScopes({
      tenant: TENANT,
      category: 'behaviour',
      scopes: [day],
      now,
    });
    if (ended === undefined) throw new Error(`the day had no key`);
    await store.append(anonymised(day, ended.destroyedAt));
  };

const anonymised = (day: string, at: string) => ({
  stream: `${TENANT}.retention-${day.slice(0, 4)}`,
  expected: 'any' as const,
  events: [
    {
      id: randomUUID(),
      type: 'BehaviourDayAnonymised',
      schemaVersion: 1,
      data: { category: 'behaviour', day, cite: 'R041', destroyedAt: at, unrecoverableAt: at },
      metadata: {
        tenant: TENANT,
        occurredAt: at,
        actor: { id: 'system', role: 'system' },
        processing: {
          channel: 'system',
          lawfulBasis: 'law',
          purposes: ['upkeep'],
          noticeVersion: null,
          provenance: 'system',
        },
        policy: 'car-club@1',
      },
    },
  ] as const,
  now: at,
});

const rotation = ({ house }: { house: House }): Promise<number> =>
  milliseconds(() =>
    house.custody.rotate(new Date().toISOString(), localDate(new Date().toISOString(), ZONE).slice(0, 7)),
  );

/** The bar's line on destroying a day: it costs the same however much the day holds. */
const measureDays = async (bench: Bench) => {
  const members = await membersOf(bench, 1_000);
  const pattern = await storedBehaviour(bench, members);
  const rounds = scaled(3, bench);
  const many = scaled(100_000, bench, 2_000);
  const days = Array.from({ length: rounds + 1 }, (_, round) => ({
    few: dayBefore(2 * round + 10),
    many: dayBefore(2 * round + 11),
  }));
  const fill = filling(bench, { pattern, members });
  for (const day of days) {
    await fill(day.few, 1_000);
    await fill(day.many, many);
  }
  let turn = 0;
  let rotated = 0;
  await endDay(bench, days.at(-1)?.few ?? '')();
  await endDay(bench, days.at(-1)?.many ?? '')();
  return compareAll(rounds, [
    {
      name: `ending a day of ${many.toLocaleString('en')} events of 1,000 members`,
      unit: 'ms',
      floorName: 'ending a day of 1,000 events of the same members',
      bar: { atMost: 1.5 },
      floor: () => milliseconds(endDay(bench, days[turn]?.few ?? '')),
      value: async () => {
        const spent = await milliseconds(endDay(bench, days[turn]?.many ?? ''));
        rotated = await rotation(bench);
        turn += 1;
        return spent;
      },
      parts: () => ({ 'rotation, once for both': rotated }),
    },
  ]);
};

/** What is done in masses: recording, and the end of a day. */
export const behaviourFigures: FigureGroup = {
  name: 'behaviour',
  measure: async (bench) => [...(await measureRecording(bench)), ...(await measureDays(bench))],
};
