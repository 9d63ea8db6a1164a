import { Kafka, logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 120_000;
const STEP_MS = 250;
const GOODBYE_MS = 2_000;

// On a fresh cluster the first calls make the topics of groups and transactions, and answer "coordinator is loading".
const tryOut = async (kafka: Kafka, nodes: number): Promise<boolean> => {
  const admin = kafka.admin();
  const producer = kafka.producer({ transactionalId: 'lacuna-is-kafka-usable' });
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    if (brokers.length < nodes) return false;
    await admin.fetchOffsets({ groupId: 'lacuna-is-kafka-usable' });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.abort();
    return true;
  } catch {
    return false;
  } finally {
    // Not for long: who does not answer may not answer this either, and it is asked again until the limit.
    const leaving = [producer.disconnect(), admin.disconnect()].map((left) => left.catch(() => undefined));
    await Promise.race([Promise.all(leaving), sleep(GOODBYE_MS, undefined, { ref: false })]);
  }
};

/** Resolves when all brokers are members, and groups and transactions have their coordinators. */
export const untilUsable = async (brokers: readonly string[], nodes: number): Promise<void> => {
  const deadline = performance.now() + LIMIT_MS;
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'lacuna-launcher',
    logLevel: logLevel.NOTHING,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  });
  while (!(await tryOut(kafka, nodes))) {
    if (performance.now() > deadline) throw new Error(`Kafka is not usable after ${LIMIT_MS / 1e3} s`);
    await sleep(STEP_MS);
  }
};
