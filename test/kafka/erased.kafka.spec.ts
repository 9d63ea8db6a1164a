import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplyCorrection,
  RegisterMember,
  RequestCorrection,
  RequestErasure,
  type MemberInfo,
} from '@lacuna/application';
import { topicOf, topics } from '@lacuna/contracts';
import { leaseSessions, silentLogger } from '@lacuna/runtime';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { ConfigResourceTypes } from 'kafkajs';
import { Relay, kafkaPublisher, relayPosition } from '../../apps/reactor/src/index.js';
import { frameAs, openHouse, type House } from '../integration/house.js';
import { advance } from '../integration/night-support.js';
import { untilPublished } from './relay-house.js';
import { readTopic, testKafka, type TopicRecord } from './topic-reader.js';

const MEMBERS = topicOf('member');
const PEOPLE = 12;

let kafka: KafkaCluster;
let house: House;
beforeAll(async () => {
  kafka = await startKafka({
    settings: { 'log.cleaner.backoff.ms': '200', 'log.retention.check.interval.ms': '1000' },
  });
  house = await openHouse();
}, 180_000);
afterAll(async () => {
  await house.drop();
  await kafka.stop();
});

const person = (n: number): MemberInfo => ({
  name: `柯南${'甲乙丙丁戊己庚辛壬癸子丑'[n] ?? ''}探`,
  mobile: `199777700${String(n).padStart(2, '0')}`,
  plate: `粤K77${String(n).padStart(3, '0')}`,
  vehicleMake: `Kanarienwagen${n}`,
});

const valuesOf = (info: MemberInfo): readonly string[] =>
  Object.values(info).filter((value): value is string => typeof value === 'string');

// The broker takes files away while they are looked at.
const bytesOf = (file: string): Buffer => {
  try {
    return statSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  }
};

/** Every file below a folder that holds one of these texts. */
const filesWith = (folder: string, texts: readonly string[]): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const bytes = bytesOf(join(folder, name));
    return texts.some((text) => bytes.includes(text));
  });

const replayed = async (): Promise<readonly TopicRecord[]> => {
  const reader = await readTopic(kafka.brokers, MEMBERS);
  await reader.until((records) => records.length > 0, 20_000);
  await reader.quiet();
  await reader.stop();
  return reader.records;
};

const published = (): Promise<void> => untilPublished(() => relayPosition(house.pool), house.store);

/** What a day does to the topic, done now: its segments end, and the cleaner comes. */
const compactNow = async (): Promise<void> => {
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  const quickly = {
    'segment.ms': '500',
    'max.compaction.lag.ms': '500',
    'min.cleanable.dirty.ratio': '0.001',
  };
  const declared = topics({ replicationFactor: 1, simulatedClock: true }).find(
    ({ topic }) => topic === MEMBERS,
  );
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: MEMBERS,
        configEntries: Object.entries({ ...declared?.config, ...quickly }).map(([name, value]) => ({
          name,
          value,
        })),
      },
    ],
  });
  await admin.disconnect();
};

it('C09 I9 I10 a topic that is read again after an erasure has nothing of the person but the tombstone, and never had a value', async () => {
  const relay = new Relay({
    store: house.store,
    pool: house.pool,
    connect: leaseSessions(house.database.runtimeUrl),
    holder: 'relay',
    openPublisher: kafkaPublisher({
      brokers: kafka.brokers,
      declared: topics({ replicationFactor: 1, simulatedClock: true }),
      logger: silentLogger,
    }),
  });
  relay.start();
  const members: string[] = [];
  for (let n = 0; n < PEOPLE; n += 1) {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), person(n)));
    const changes = { plate: `粤K88${String(n).padStart(3, '0')}` };
    const { correctionId } = await house.run(
      new RequestCorrection(frameAs('customer-service'), { memberId, changes }),
    );
    await house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId }));
    members.push(memberId);
  }
  const [erased, ...others] = members;
  const told = { memberId: erased!, reason: 'exit', categories: [] };
  await house.run(new RequestErasure(frameAs('integrator'), told));
  await house.reactor.settle();
  await published();

  const before = await replayed();
  const ofErased = before.filter(({ key }) => key === erased);
  expect(ofErased.length).toBeGreaterThan(3);
  expect(ofErased.at(-1)?.isTombstone).toBe(true);

  const planted = members.flatMap((_, n) => [...valuesOf(person(n)), `粤K88${String(n).padStart(3, '0')}`]);
  // The search finds what is there: each member's id is on the brokers' disk. And none of what was planted.
  expect(filesWith(kafka.folder, [erased!]).length).toBeGreaterThan(0);
  expect(filesWith(kafka.folder, planted)).toEqual([]);
  expect(filesWith(kafka.folder, ['"sealed"'])).toEqual([]);

  await compactNow();
  // A segment ends when a record comes that is younger: somebody new in each partition.
  const deadline = performance.now() + 120_000;
  let after = await replayed();
  for (let n = PEOPLE; after.some(({ key, isTombstone }) => key === erased && !isTombstone); n += 1) {
    if (performance.now() > deadline) break;
    await advance(house, 'PT1H');
    for (let more = 0; more < 12; more += 1)
      await house.run(
        new RegisterMember(frameAs('integrator'), {
          ...person(0),
          mobile: `1997777${String(n)}${10 + more}`,
        }),
      );
    await published();
    await sleep(2_000);
    after = await replayed();
  }
  await relay.stop();
  expect(after.filter(({ key }) => key === erased).every(({ isTombstone }) => isTombstone)).toBe(true);
  const keys = new Set(after.map(({ key }) => key));
  expect(others.filter((key) => !keys.has(key))).toEqual([]);
  expect(filesWith(kafka.folder, planted)).toEqual([]);
}, 400_000);
