import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AnnounceActivity,
  ApplyCorrection,
  RegisterMember,
  RequestCorrection,
  RequestErasure,
  SignUp,
  VerifyRealName,
  type MemberInfo,
  type RequestFrame,
} from '@lacuna/application';
import { topicOf, type TopicDeclaration } from '@lacuna/contracts';
import { leaseSessions, silentLogger } from '@lacuna/runtime';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { ConfigResourceTypes } from 'kafkajs';
import { Relay, kafkaPublisher, relayPosition } from '../../apps/reactor/src/index.js';
import { codesOf, purchaseOf, record } from '../integration/behaviour-support.js';
import { frameAs, openHouse, type House } from '../integration/house.js';
import { advance, local } from '../integration/night-support.js';
import { everyRecordKept, untilPublished } from './relay-house.js';
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

/** What else somebody leaves behind, each text found nowhere else. */
const TEXTS = {
  realName: '穆桂英帅',
  idNumber: '999999197001010017',
  need: 'Reifenwechsel am Kanarienwagen',
  note: 'vegetarisch wie ein Kanarienvogel',
  title: '金丝雀自驾',
};

const framed = (role: string, lawfulBasis: string, purpose: string): RequestFrame => {
  const frame = frameAs(role);
  return { ...frame, processing: { ...frame.processing, lawfulBasis, purposes: [purpose] } };
};

const leaveTraces = async (memberId: string): Promise<void> => {
  const { realName, idNumber, need, note, title } = TEXTS;
  await house.run(
    new VerifyRealName(framed('integrator', 'law', 'real-name'), { memberId, name: realName, idNumber }),
  );
  const answers = await record(
    house,
    purchaseOf(memberId, { kind: 'service-need', details: { text: need } }),
  );
  expect(codesOf(answers)).toEqual(['recorded']);
  const { activityId } = await house.run(
    new AnnounceActivity(framed('activity-dept', 'contract', 'activity'), {
      title,
      plannedEnd: local('1998-08-01T18:00'),
    }),
  );
  const signUp = { activityId, member: { memberId }, details: { companions: '2', note } };
  await house.run(new SignUp(framed('integrator', 'contract', 'activity'), signUp));
};

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

// Here nothing is compacted before it is time: what the cleaner is to take away has to be there first.
const declared = everyRecordKept(1);
const QUICKLY = {
  'cleanup.policy': 'compact',
  'segment.ms': '500',
  'max.compaction.lag.ms': '500',
  'min.cleanable.dirty.ratio': '0.001',
};
const quick: readonly TopicDeclaration[] = declared.map((one) =>
  one.topic === MEMBERS ? { ...one, config: { ...one.config, ...QUICKLY } } : one,
);

/** What a day does to the topic, done now: its segments end, and the cleaner comes. */
const compactNow = async (): Promise<void> => {
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: MEMBERS,
        configEntries: Object.entries(quick.find(({ topic }) => topic === MEMBERS)?.config ?? {}).map(
          ([name, value]) => ({
            name,
            value,
          }),
        ),
      },
    ],
  });
  await admin.disconnect();
};

// Of a test that failed, too, none goes on.
const relays: Relay[] = [];
afterEach(async () => {
  for (const relay of relays) await relay.stop();
});
const relayOf = (topicsAs: readonly TopicDeclaration[]): Relay => {
  const relay = new Relay({
    store: house.store,
    pool: house.pool,
    connect: leaseSessions(house.database.runtimeUrl),
    holder: 'relay',
    openPublisher: kafkaPublisher({ brokers: kafka.brokers, declared: topicsAs, logger: silentLogger }),
  });
  relays.push(relay);
  return relay;
};

it('C09 I9 I10 a topic that is read again after an erasure has nothing of the person but the tombstone, and never had a value', async () => {
  let relay = relayOf(declared);
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
  await leaveTraces(erased!);
  const told = { memberId: erased!, reason: 'exit', categories: [] };
  await house.run(new RequestErasure(frameAs('integrator'), told));
  await house.reactor.settle();
  await published();

  const before = await replayed();
  const ofErased = before.filter(({ key }) => key === erased);
  expect(ofErased.length).toBeGreaterThan(3);
  expect(ofErased.at(-1)?.isTombstone).toBe(true);

  const planted = [
    ...members.flatMap((_, n) => [...valuesOf(person(n)), `粤K88${String(n).padStart(3, '0')}`]),
    ...Object.values(TEXTS),
  ];
  // The search finds what is there: each member's id is on the brokers' disk. And none of what was planted.
  expect(filesWith(kafka.folder, [erased!]).length).toBeGreaterThan(0);
  expect(filesWith(kafka.folder, ['lacuna.behaviour.BehaviourRecorded.v']).length).toBeGreaterThan(0);
  expect(filesWith(kafka.folder, ['lacuna.activity.ActivityAnnounced.v']).length).toBeGreaterThan(0);
  expect(filesWith(kafka.folder, planted)).toEqual([]);
  expect(filesWith(kafka.folder, ['"sealed"'])).toEqual([]);

  // A relay refuses topics that are not as it declares them: this one declares them so.
  await relay.stop();
  await compactNow();
  relay = relayOf(quick);
  relay.start();
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
