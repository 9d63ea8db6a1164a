import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer, RecordMetadata, Transaction } from 'kafkajs';
import { topics, type TopicDeclaration } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import type { IntegrationEvent } from '@lacuna/domain/integration';
import type { Logger } from '@lacuna/runtime';
import type { IntegrationPublisher, OpenPublisher } from '../integration-publisher.port.js';
import { declareTopics } from './declare-topics.js';
import { kafkaClient, type KafkaPlace } from './kafka-client.js';
import { assertAllTaken, firstPartition, placeRecords, type PlacedTopic } from './place-records.js';

export type KafkaPublisherOptions = KafkaPlace &
  Readonly<{
    /** On how many brokers each record lies. */
    replication: number;
    /** Records are dated by a clock that the brokers do not know: none of them goes by its age. */
    simulatedClock: boolean;
    logger: Logger;
    /** Of the topics; absent: as they are declared for everybody (`topics`). */
    declared?: readonly TopicDeclaration[];
  }>;

const ON_ALL_IN_SYNC = -1;
const PRODUCE_MS = 10_000;
const TRANSACTION_MS = 30_000;
const GOODBYE_MS = 2_000;
const OPENING_MS = 12_000;
const PUBLISH_MS = 45_000;

// For a moment after a commit the broker is still busy with it, and takes nothing of the next transaction.
const BUSY = 'CONCURRENT_TRANSACTIONS';
const BUSY_TRIES = 60;
const BUSY_MS = 20;

const FENCED = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING'];

const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if ('type' in error && typeof error.type === 'string') return error.type;
  return error.cause === undefined ? '' : typeOf(error.cause);
};

/** The client's errors may quote what was sent: they go on as a cause, which no log shows the words of. */
const ours = (cause: unknown, logger: Logger): LacunaError => {
  if (cause instanceof LacunaError) return cause;
  const type = typeOf(cause);
  logger.warn('Kafka refused', { type, err: cause });
  return FENCED.includes(type)
    ? new LacunaError('RELAY_FENCED', 'another relay publishes now', [], { cause })
    : new LacunaError('BROKER_UNAVAILABLE', 'Kafka did not take it', [], { cause });
};

const send = (transaction: Transaction, topicMessages: readonly PlacedTopic[]): Promise<RecordMetadata[]> =>
  transaction.sendBatch({ acks: ON_ALL_IN_SYNC, timeout: PRODUCE_MS, topicMessages: [...topicMessages] });

/**
 * Of one partition only: then "busy" means that nothing was written. (What goes to several brokers at once may have
 * been taken by one when another refuses; sent again, it would be there twice.)
 */
const sendPatiently = async (
  transaction: Transaction,
  topicMessages: readonly PlacedTopic[],
): Promise<RecordMetadata[]> => {
  for (let tries = 1; ; tries += 1)
    try {
      return await send(transaction, topicMessages);
    } catch (error) {
      if (typeOf(error) !== BUSY || tries === BUSY_TRIES) throw error;
      await sleep(BUSY_MS);
    }
};

/** The client may wait for ever for what will not come: after this time it is given up, whatever it does then. */
const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  const done = new AbortController();
  const late = sleep(ms, undefined, { signal: done.signal }).then(() => {
    throw new LacunaError('BROKER_SILENT', 'Kafka did not answer in time');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    work.catch(() => undefined);
    done.abort();
  }
};

const shortly = (work: Promise<unknown>): Promise<unknown> => within(GOODBYE_MS, work).catch(() => undefined);

/** One transaction a batch, under a name that one producer alone can have. */
class KafkaPublisher implements IntegrationPublisher {
  #next: Transaction | null;

  constructor(
    private readonly producer: Producer,
    private readonly declared: readonly TopicDeclaration[],
    private readonly logger: Logger,
    first: Transaction,
  ) {
    this.#next = first;
  }

  async publish(batch: readonly IntegrationEvent[]): Promise<void> {
    try {
      await within(PUBLISH_MS, this.#commit(placeRecords(batch, this.declared)));
    } catch (error) {
      throw ours(error, this.logger);
    }
  }

  async close(): Promise<void> {
    // What is open is aborted, so that readers need not wait for the next publisher or for a time-out to do it.
    if (this.#next?.isActive()) await shortly(this.#next.abort());
    await shortly(this.producer.disconnect());
  }

  async #commit(topicMessages: readonly PlacedTopic[]): Promise<void> {
    const transaction = this.#next ?? (await this.producer.transaction());
    this.#next = transaction;
    const [first, rest] = firstPartition(topicMessages);
    assertAllTaken(first, await sendPatiently(transaction, first));
    if (rest.length > 0) assertAllTaken(rest, await send(transaction, rest));
    await transaction.commit();
    this.#next = null;
  }
}

/**
 * Publishes to Apache Kafka. The name is the transactional id: opening ends the transaction that an earlier publisher
 * of the name has under way, and refuses whatever it sends later. After any trouble, this publisher is done.
 */
export const kafkaPublisher =
  (options: KafkaPublisherOptions): OpenPublisher =>
  async (name) => {
    const declared =
      options.declared ??
      topics({ replicationFactor: options.replication, simulatedClock: options.simulatedClock });
    const { logger } = options;
    const kafka = kafkaClient(options, logger);
    const producer = kafka.producer({
      transactionalId: name,
      transactionTimeout: TRANSACTION_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // One try: what the client sends again by itself it may leave out, or write twice.
      retry: { retries: 0 },
    });
    try {
      await within(OPENING_MS, declareTopics(kafka, declared));
      await within(OPENING_MS, producer.connect());
      // Where this is given up and succeeds late it fences whoever came after, who then begins again: no more than that.
      const first = await within(OPENING_MS, producer.transaction());
      return new KafkaPublisher(producer, declared, logger, first);
    } catch (error) {
      await shortly(producer.disconnect());
      throw ours(error, logger);
    }
  };
