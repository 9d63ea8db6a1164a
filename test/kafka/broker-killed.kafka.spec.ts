import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { topicOf } from '@lacuna/contracts';
import { startKafka, type KafkaCluster, type KafkaNode } from '@lacuna/testing';
import { Partitioners } from 'kafkajs';
import { appendLoad, openRelayHouse, relayTo, type RelayHouse } from './relay-house.js';
import { dropRepeats, inversions, lost, readTopic, testKafka } from './topic-reader.js';

const BATCHES = 60;
const PER_BATCH = 200;
const ROUNDS = 6;
const MOST_EVENTS = 12_000;

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ nodes: 3 });
}, 240_000);
afterAll(() => kafka.stop());
afterEach(() => kafka.heal(), 180_000);

const makeTopic = async (topic: string): Promise<void> => {
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: 3, replicationFactor: 3 }],
  });
  await admin.disconnect();
};

/** Whoever leads the first partition: a broker whose death is felt. */
const leaderOf = async (topic: string): Promise<KafkaNode> => {
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const leader = topics[0]?.partitions[0]?.leader;
  return kafka.nodes.find(({ id }) => id === leader)!;
};

/** What everybody writes: `send()` batch after batch, a broker killed in the midst; how many acknowledged ones are gone. */
const plainSendLoses = async (): Promise<number> => {
  const topic = `plain-${randomUUID()}`;
  await makeTopic(topic);
  const victim = await leaderOf(topic);
  const producer = testKafka(kafka.brokers).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const acknowledged: string[] = [];
  try {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const ids = Array.from({ length: PER_BATCH }, () => randomUUID());
      if (batch === BATCHES / 3) setTimeout(() => void victim.kill(), 5);
      await producer.send({
        topic,
        acks: -1,
        messages: ids.map((id) => ({ key: id, value: 'x'.repeat(400), headers: { ce_id: id } })),
      });
      acknowledged.push(...ids);
    }
  } finally {
    await producer.disconnect();
  }
  const reader = await readTopic(kafka.brokers, topic);
  await reader.until((records) => records.length >= acknowledged.length, 20_000);
  await reader.quiet();
  await reader.stop();
  return lost(acknowledged, reader.records).length;
};

it('a plain send() loses what it has acknowledged when a broker dies: what the relay must survive', async () => {
  let gone = 0;
  for (let round = 0; round < ROUNDS && gone === 0; round += 1) {
    gone = await plainSendLoses();
    await kafka.heal();
  }
  expect(gone).toBeGreaterThan(0);
}, 600_000);

const MEMBERS = topicOf('member');

/** Kills the broker that leads most, and the next one when it is back, for as long as it is let. */
const killAgainAndAgain = async (signal: AbortSignal, times: number): Promise<number> => {
  let killed = 0;
  while (!signal.aborted && killed < times) {
    const victim = await leaderOf(MEMBERS);
    await victim.kill();
    killed += 1;
    await sleep(1_500);
    await kafka.heal();
    await sleep(500);
  }
  return killed;
};

it('C04 the relay loses nothing and keeps the order of each key while brokers are killed', async () => {
  const house: RelayHouse = await openRelayHouse();
  const batchSize = 200;
  const troubles: string[] = [];
  const relay = relayTo(house, kafka.brokers, {
    batchSize,
    onTrouble: (code) => void troubles.push(code),
  });
  relay.start();
  const ending = new AbortController();
  // The first batch makes the topic; then they die under load.
  const ids = [...(await appendLoad(house, { events: 200, members: 20, perAppend: 5 }))];
  while ((await house.position()) === 0n) await sleep(100);
  const load = (async () => {
    while (!ending.signal.aborted && ids.length < MOST_EVENTS) {
      ids.push(...(await appendLoad(house, { events: 320, members: 32, perAppend: 5 }, ending.signal)));
      await sleep(300);
    }
  })();
  const killed = await killAgainAndAgain(ending.signal, 4).finally(async () => {
    ending.abort();
    await load;
  });
  const head = await house.store.head();
  const deadline = performance.now() + 180_000;
  while ((await house.position()) < head && performance.now() < deadline) await sleep(100);
  expect(await house.position()).toBe(head);
  await relay.stop();
  const reader = await readTopic(kafka.brokers, MEMBERS);
  await reader.until((records) => lost(ids, records).length === 0, 60_000);
  await reader.quiet();
  await reader.stop();
  await house.close();
  expect(killed).toBe(4);
  expect(troubles.length).toBeGreaterThan(0);
  const { records } = reader;
  expect(lost(ids, records)).toEqual([]);
  expect(inversions(records)).toBe(0);
  expect(dropRepeats(records)).toHaveLength(ids.length);
  // Doubled is at most the batch whose commit was not answered, each time that there was trouble.
  expect(records.length - ids.length).toBeLessThanOrEqual(troubles.length * batchSize);
}, 600_000);
