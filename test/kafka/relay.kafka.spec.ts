import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes } from 'kafkajs';
import { topicOf, topics, type TopicDeclaration } from '@lacuna/contracts';
import type { IntegrationEvent } from '@lacuna/domain/integration';
import { processors, silentLogger } from '@lacuna/runtime';
import { kafkaPublisher } from '../../apps/reactor/src/relay/index.js';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import {
  appendLoad,
  appendTo,
  erasedEvents,
  memberEvents,
  openRelayHouse,
  relayTo,
  type RelayHouse,
} from './relay-house.js';
import { dropRepeats, inversions, lost, readTopic, testKafka, type TopicRecord } from './topic-reader.js';

const MEMBERS = topicOf('member');

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
}, 120_000);
afterAll(() => kafka.stop());

const never = new AbortController().signal;

const someEvents = (count: number): readonly IntegrationEvent[] =>
  Array.from({ length: count }, () => ({
    id: randomUUID(),
    tenant: 'car-club',
    context: 'member',
    type: 'MemberRegistered',
    version: 1,
    key: randomUUID(),
    sequence: '00000000000000000000',
    time: '1998-07-01T01:00:00.000Z',
    stamp: '1998-07-01T01:00:00.000Z',
    data: {},
    classification: 'confidential',
  }));

const dropTopics = async (): Promise<void> => {
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  const names = (await admin.listTopics()).filter((name) => name.startsWith('lacuna.'));
  if (names.length > 0) await admin.deleteTopics({ topics: names });
  await admin.disconnect();
};

let house: RelayHouse;
beforeEach(async () => {
  house = await openRelayHouse();
});
afterEach(async () => {
  await house.close();
  await dropTopics();
}, 60_000);

/** Relays the log whole, once; what then stands on the members' topic, so much at least. */
const relayed = async (count: number): Promise<readonly TopicRecord[]> => {
  const relay = relayTo(house, kafka.brokers);
  relay.start();
  await house.published();
  const topic = await readTopic(kafka.brokers, MEMBERS);
  expect(await topic.until((records) => records.length >= count, 20_000)).toBe(true);
  await topic.quiet();
  await relay.stop();
  await topic.stop();
  return topic.records;
};

it('I7 publishes what the log maps to, each once and in the order of its key, and goes on where it stopped', async () => {
  const first = await appendLoad(house, { events: 600, members: 12, perAppend: 5 });
  const relay = relayTo(house, kafka.brokers);
  relay.start();
  await house.published();
  const reader = await readTopic(kafka.brokers, MEMBERS);
  expect(await reader.until((records) => records.length >= first.length, 20_000)).toBe(true);
  await relay.stop();
  const second = await appendLoad(house, { events: 100, members: 10, perAppend: 2 });
  expect(second.length).toBeGreaterThan(0);
  relay.start();
  const ids = [...first, ...second];
  expect(await reader.until((records) => records.length >= ids.length, 20_000)).toBe(true);
  await reader.quiet();
  await relay.stop();
  await reader.stop();
  expect(reader.records).toHaveLength(ids.length);
  expect(lost(ids, reader.records)).toEqual([]);
  expect(inversions(reader.records)).toBe(0);
  expect(dropRepeats(reader.records)).toHaveLength(ids.length);
  expect(await house.position()).toBe(await house.store.head());
}, 90_000);

it('publishes nothing of what is private, and a tombstone for who is erased', async () => {
  const [member, reader] = [randomUUID(), randomUUID()];
  const [request] = memberEvents(reader, 1, 1);
  await appendTo(house, member, [...memberEvents(member, 0, 2), ...erasedEvents(member)]);
  await house.store.append({
    stream: 'car-club.imports-members',
    expected: 'none',
    events: [
      {
        ...request!,
        type: 'ImportCompleted',
        data: { kind: 'members', length: 1, sha256: 'a'.repeat(64), rows: 1 },
      },
    ],
    now: request!.metadata.occurredAt,
  });
  const records = await relayed(3);
  expect(records.map(({ key, isTombstone }) => [key, isTombstone])).toEqual([
    [member, false],
    [member, false],
    [member, true],
  ]);
  expect(await house.position()).toBe(await house.store.head());
}, 60_000);

it('hands the trace of a command on, beside the envelope', async () => {
  const member = randomUUID();
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const [traced, untraced] = memberEvents(member, 0, 2);
  await appendTo(house, member, [{ ...traced!, metadata: { ...traced!.metadata, trace } }, untraced!]);
  const records = await relayed(2);
  expect(records.map((record) => record.trace)).toEqual([trace, '']);
}, 60_000);

it('says how it is where every process reads it, by name and code', async () => {
  const relay = relayTo(house, kafka.brokers);
  relay.start();
  await appendLoad(house, { events: 20, members: 2, perAppend: 5 });
  await house.published();
  await sleep(2_500);
  const [status] = await processors(house.pool);
  expect(status).toMatchObject({ name: 'relay', state: 'running', failures: [] });
  expect(status?.position).toBe(await house.store.head());
  await relay.stop();
  expect(await processors(house.pool)).toMatchObject([{ name: 'relay', state: 'stopped' }]);
}, 60_000);

it('declares its topics as they are written down, and publishes through them at once', async () => {
  const declared = topics({ replicationFactor: 1, simulatedClock: true });
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  try {
    for (let round = 0; round < 4; round += 1) {
      await dropTopics();
      const open = kafkaPublisher({ brokers: kafka.brokers, declared, logger: silentLogger });
      const publisher = await open(`fresh-${round}`, never);
      try {
        // To every partition: each must have its leader.
        await publisher.publish(someEvents(60), never);
      } finally {
        await publisher.close();
      }
    }
    const { topics: found } = await admin.fetchTopicMetadata({ topics: declared.map(({ topic }) => topic) });
    expect(found.map(({ name, partitions }) => [name, partitions.length]).sort()).toEqual(
      declared.map(({ topic, partitions }) => [topic, partitions]).sort(),
    );
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: MEMBERS }],
    });
    const config = new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]));
    const wanted = declared.find(({ topic }) => topic === MEMBERS)?.config ?? {};
    expect(Object.keys(wanted).map((name) => [name, config.get(name)])).toEqual(Object.entries(wanted));
  } finally {
    await admin.disconnect();
  }
}, 60_000);

const real = topics({ replicationFactor: 1, simulatedClock: false });
const simulated = topics({ replicationFactor: 1, simulatedClock: true });
const without = (setting: string): readonly TopicDeclaration[] =>
  real.map((one) => ({
    ...one,
    config: Object.fromEntries(Object.entries(one.config).filter(([name]) => name !== setting)),
  }));

it.each<[string, readonly TopicDeclaration[], readonly TopicDeclaration[], string]>([
  ['other partitions', real.map((one) => ({ ...one, partitions: 2 })), real, 'member.v1 .* 2 partitions'],
  ['made for a simulated clock', simulated, real, 'behaviour.v1 .* retention.ms -1, not 2592000000'],
  ['not made by the relay', without('segment.ms'), real, 'member.v1 .* segment.ms 604800000, not 86400000'],
  ['compacted late', without('max.compaction.lag.ms'), real, 'max.compaction.lag.ms'],
  ['fewer copies', real, topics({ replicationFactor: 3, simulatedClock: false }), '1 replicas, not 3'],
])(
  'refuses topics that are there already: %s',
  async (_, there, declared, difference) => {
    const { brokers } = kafka;
    const before = kafkaPublisher({ brokers, declared: there, logger: silentLogger });
    await (await before('topics', never)).close();
    const refused = kafkaPublisher({ brokers, declared, logger: silentLogger })('topics', never);
    await expect(refused).rejects.toMatchObject({
      code: 'TOPIC_DIFFERS',
      message: expect.stringMatching(difference) as string,
    });
  },
  60_000,
);

it('says that it cannot go on with topics that differ, again and again', async () => {
  const troubles: string[] = [];
  const { brokers } = kafka;
  await (
    await kafkaPublisher({ brokers, declared: simulated, logger: silentLogger })('topics', never)
  ).close();
  const relay = relayTo(house, brokers, { declared: real, onTrouble: (code) => void troubles.push(code) });
  relay.start();
  await sleep(1_500);
  await relay.stop();
  expect(new Set(troubles)).toEqual(new Set(['TOPIC_DIFFERS']));
  expect(await processors(house.pool)).toMatchObject([
    { state: 'failed', position: null, failures: [{ kind: 'relay', code: 'TOPIC_DIFFERS' }] },
  ]);
}, 60_000);
