import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { RegisterMember } from '@lacuna/application';
import { topicOf, topics } from '@lacuna/contracts';
import { integrationEventOf, type IntegrationEvent } from '@lacuna/domain/integration';
import { leaseSessions, silentLogger } from '@lacuna/runtime';
import { kafkaPublisher, Relay } from '../../../apps/reactor/src/relay/index.js';
import { placeRecords } from '../../../apps/reactor/src/relay/kafka/place-records.js';
import { startKafkaCluster, whatKafkaLacks, type KafkaCluster } from '../../../infra/kafka/index.js';
import { withClient } from '../floors.js';
import type { House } from '../house.js';
import { compareAll, median, milliseconds, throughput, type Comparison, type Figure } from '../measure.js';
import { frameAs, TENANT } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const BATCH = 500;
const DECLARED = topics({ replicationFactor: 1, simulatedClock: false });

/** A log of registrations: copies of one that went the real way, which nothing downstream can tell. */
const fillLog = async (house: House, { people }: Bench, events: number): Promise<void> => {
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
  const [pattern] = (await house.store.readStream(`${TENANT}.member-${memberId}`)).events;
  if (pattern === undefined) throw new Error('no registration to copy');
  const { type, schemaVersion, data, metadata } = pattern;
  await throughput({ count: events, width: 256 }, () => {
    const copy = randomUUID();
    return house.store.append({
      stream: `${TENANT}.member-${copy}`,
      expected: 'none',
      events: [{ id: randomUUID(), type, schemaVersion, data: { ...data, memberId: copy }, metadata }],
      now: metadata.occurredAt,
    });
  });
};

/** What the relay will publish, mapped and in memory, in its batches. */
const batchesOf = async ({ store }: House): Promise<readonly (readonly IntegrationEvent[])[]> => {
  const batches: (readonly IntegrationEvent[])[] = [];
  for await (const { events } of store.readAll(0n, { batchSize: BATCH }))
    batches.push(events.flatMap((event) => integrationEventOf(event) ?? []));
  return batches;
};

const clientOf = ({ brokers }: KafkaCluster): Kafka =>
  new kafkajs.Kafka({ brokers: [...brokers], clientId: 'bench', logLevel: kafkajs.logLevel.NOTHING });

type Send = (batch: readonly IntegrationEvent[]) => Promise<unknown>;

/** The least code that writes the same records: the client alone, each batch awaited as the relay awaits it. */
const inTransactions =
  (producer: Producer): Send =>
  async (batch) => {
    const transaction = await producer.transaction();
    await transaction.sendBatch({ acks: -1, topicMessages: placeRecords(batch, DECLARED) });
    await transaction.commit();
  };

const plainly =
  (producer: Producer): Send =>
  (batch) =>
    producer.sendBatch({ acks: -1, topicMessages: placeRecords(batch, DECLARED) });

type Records = Readonly<{ batches: readonly (readonly IntegrationEvent[])[]; count: number }>;

const rateOf = async ({ batches, count }: Records, send: Send): Promise<number> => {
  const spent = await milliseconds(async () => {
    for (const batch of batches) await send(batch);
  });
  return (count * 1e3) / spent;
};

/** From an empty checkpoint to the head, the taking of the lease and the opening of the publisher not counted. */
const relayRate = async (house: House, pool: Pool, relayTo: RelayTo, count: number): Promise<number> => {
  await withClient(house.ownerUrl, (client) => client.query('UPDATE meta.relay SET position = 0'));
  const head = await house.store.head();
  let began = 0;
  const arrived = Promise.withResolvers<undefined>();
  const relay = relayTo(pool, ({ position }) => {
    // The first batch pays for the opening; it is left out on both ends.
    if (began === 0) began = performance.now();
    if (position >= head) arrived.resolve(undefined);
  });
  relay.start();
  await arrived.promise;
  const spent = performance.now() - began;
  await relay.stop();
  return ((count - BATCH) * 1e3) / spent;
};

type RelayTo = (pool: Pool, onPublished: (batch: Readonly<{ position: bigint }>) => void) => Relay;

const relayOf =
  (house: House, { brokers }: KafkaCluster): RelayTo =>
  (pool, onPublished) =>
    new Relay({
      store: house.store,
      pool,
      connect: leaseSessions(house.runtimeUrl),
      holder: 'bench',
      openPublisher: kafkaPublisher({ brokers, declared: DECLARED, logger: silentLogger }),
      batchSize: BATCH,
      onPublished,
    });

const rateFigures = async (bench: Bench, kafka: KafkaCluster, pool: Pool): Promise<readonly Figure[]> => {
  const { house } = bench;
  await fillLog(house, bench, scaled(40_000, bench, 4_000));
  const batches = await batchesOf(house);
  const records = { batches, count: batches.flat().length };
  const relayTo = relayOf(house, kafka);
  // The topics are made by the relay, and everything is warm, before anything counts.
  await relayRate(house, pool, relayTo, records.count);
  const client = clientOf(kafka);
  const partitioned = { createPartitioner: kafkajs.Partitioners.DefaultPartitioner, maxInFlightRequests: 1 };
  const transactional = client.producer({ ...partitioned, transactionalId: 'bench-bare' });
  const idempotent = client.producer({ ...partitioned, idempotent: true });
  await Promise.all([transactional.connect(), idempotent.connect()]);
  let without = 0;
  const relayed: Comparison = {
    name: 'Relay of a log',
    unit: '/s',
    floorName: `a bare kafkajs producer, batches of ${BATCH}, a transaction each`,
    bar: { atLeast: 0.5 },
    floor: async () => {
      without = await rateOf(records, plainly(idempotent));
      return rateOf(records, inTransactions(transactional));
    },
    value: () => relayRate(house, pool, relayTo, records.count),
    parts: () => ({ 'the bare producer without transactions': without }),
  };
  const figures = await compareAll(scaled(5, bench, 2), [relayed]);
  await Promise.all([transactional.disconnect(), idempotent.disconnect()]);
  return figures;
};

/** Who waits for a record by its key. */
const awaitKeys = async (kafka: KafkaCluster) => {
  const consumer = clientOf(kafka).consumer({ groupId: `bench-${randomUUID()}`, maxWaitTimeInMs: 50 });
  const waiting = new Map<string, () => void>();
  const seen = new Set<string>();
  await consumer.connect();
  await consumer.subscribe({ topic: topicOf('member'), fromBeginning: false });
  await consumer.run({
    eachMessage: ({ message }) => {
      const key = message.key?.toString() ?? '';
      seen.add(key);
      waiting.get(key)?.();
      return Promise.resolve();
    },
  });
  const until = (key: string): Promise<void> =>
    seen.has(key) ? Promise.resolve() : new Promise((resolve) => waiting.set(key, resolve));
  return { until, stop: () => consumer.disconnect() };
};

const quantile = (times: readonly number[], share: number): number => {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

/** One caller: from the sending of the command until a consumer has the record, beside a bare record's own way. */
const latencyFigures = async (bench: Bench, kafka: KafkaCluster, pool: Pool): Promise<readonly Figure[]> => {
  const { house, people } = bench;
  const count = scaled(150, bench, 30);
  const relay = relayOf(house, kafka)(pool, () => undefined);
  relay.start();
  const keys = await awaitKeys(kafka);
  const producer = clientOf(kafka).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    transactionalId: 'bench-latency',
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const timesOf = async (once: () => Promise<unknown>): Promise<readonly number[]> => {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) times.push(await milliseconds(once));
    return times;
  };
  const bare = async (): Promise<void> => {
    const key = randomUUID();
    const transaction = await producer.transaction();
    await transaction.send({ topic: topicOf('member'), acks: -1, messages: [{ key, value: key }] });
    await transaction.commit();
    await keys.until(key);
  };
  const registered = async (): Promise<void> => {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
    await keys.until(memberId);
  };
  // Both ends join and warm up first.
  await sleep(2_000);
  for (let warm = 0; warm < 10; warm += 1) {
    await bare();
    await registered();
  }
  let [own, least]: readonly (readonly number[])[] = [[], []];
  const figures = await compareAll(scaled(3, bench, 1), [
    {
      name: 'Command to Kafka consumer, p50',
      unit: 'ms',
      floorName: "one record in a transaction of the bare producer's, until a consumer has it, p50",
      floor: async () => median((least = await timesOf(bare))),
      value: async () => median((own = await timesOf(registered))),
      parts: () => ({ p99: quantile(own ?? [], 0.99), "the floor's p99": quantile(least ?? [], 0.99) }),
    },
  ]);
  await Promise.all([producer.disconnect(), keys.stop(), relay.stop()]);
  return figures;
};

export const relayFigures: FigureGroup = {
  name: 'relay',
  measure: async (bench) => {
    const lack = whatKafkaLacks();
    if (lack !== null) throw new Error(`not run: ${lack}`);
    const folder = await mkdtemp(join(tmpdir(), 'lacuna-bench-kafka-'));
    const kafka = await startKafkaCluster({ folder, keep: false, heapMb: 384 });
    const pool = new Pool({ connectionString: bench.house.runtimeUrl, max: 2 });
    try {
      const rates = await rateFigures(bench, kafka, pool);
      return [...rates, ...(await latencyFigures(bench, kafka, pool))];
    } finally {
      await pool.end();
      await kafka.stop();
    }
  },
};
