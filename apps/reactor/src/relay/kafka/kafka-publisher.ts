import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer, RecordMetadata, Transaction } from 'kafkajs';
import type { TopicDeclaration } from '@lacuna/contracts';
import type { IntegrationEvent } from '@lacuna/domain/integration';
import type { Logger } from '@lacuna/runtime';
import type { IntegrationPublisher, OpenPublisher } from '../integration-publisher.port.js';
import { brokerError, typeOf, type Progress } from './broker-error.js';
import { declareTopics } from './declare-topics.js';
import { kafkaClient, type KafkaClient, type KafkaPlace } from './kafka-client.js';
import { assertAllTaken, firstPartition, placeRecords, type PlacedTopic } from './place-records.js';
import { within } from './within.js';

export type KafkaPublisherOptions = KafkaPlace &
  Readonly<{
    /** The topics as they must be. */
    declared: readonly TopicDeclaration[];
    logger: Logger;
  }>;

const ON_ALL_IN_SYNC = -1;
const PRODUCE_MS = 10_000;
const TRANSACTION_MS = 30_000;
const GOODBYE_MS = 2_000;
const OPENING_MS = 12_000;
const PUBLISH_MS = 45_000;

// For a moment after a commit the broker is still busy with it, and takes nothing of the next transaction: the first
// send after an opening or a commit may be refused for this alone.
const BUSY = 'CONCURRENT_TRANSACTIONS';
const BUSY_TRIES = 60;
const BUSY_MS = 20;

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

const shortly = (work: Promise<unknown>): Promise<unknown> => within(GOODBYE_MS, work).catch(() => undefined);

/** A producer of one name, what it does just now, and an end of it that is one. */
class NamedProducer {
  readonly producer: Producer;
  #progress: Progress = { step: 'begin', asked: '', times: 0 };

  constructor(
    readonly client: KafkaClient,
    name: string,
    readonly logger: Logger,
  ) {
    this.producer = client.kafka.producer({
      transactionalId: name,
      transactionTimeout: TRANSACTION_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // One try: what the client sends again by itself it may leave out, or write twice.
      retry: { retries: 0 },
    });
    this.producer.on(this.producer.events.REQUEST, ({ payload: { apiName } }) => {
      const { step, asked, times } = this.#progress;
      this.#progress = { step, asked: apiName, times: asked === apiName ? times + 1 : 1 };
    });
  }

  /** One step, for as long as it may take and is wanted. Where it fails, this client has reached a broker for the last time. */
  async do<T>(step: string, ms: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#progress = { step, asked: '', times: 0 };
    try {
      signal.throwIfAborted();
      return await within(ms, work(), signal);
    } catch (error) {
      throw signal.aborted ? error : brokerError(error, this.logger, this.#progress);
    }
  }

  async end(): Promise<void> {
    await shortly(this.producer.disconnect());
    this.client.end();
  }
}

/** One transaction a batch, under a name that one producer alone can have. */
class KafkaPublisher implements IntegrationPublisher {
  #next: Transaction | null;
  /** Something of it may be under way still: nobody else speaks to the brokers for it. */
  #isBroken = false;

  constructor(
    private readonly named: NamedProducer,
    private readonly declared: readonly TopicDeclaration[],
    first: Transaction,
  ) {
    this.#next = first;
  }

  async publish(batch: readonly IntegrationEvent[], signal: AbortSignal): Promise<void> {
    this.#isBroken = true;
    await this.named.do('publish', PUBLISH_MS, signal, async () => {
      try {
        await this.#commit(placeRecords(batch, this.declared));
      } finally {
        this.#isBroken = false;
      }
    });
  }

  async close(): Promise<void> {
    // Given up in the midst: an end of the transaction could overtake what is on its way to the brokers.
    if (this.#isBroken) this.named.client.end();
    // What is open is aborted, so that readers need not wait for the next publisher or for a time-out to do it.
    else if (this.#next?.isActive()) await shortly(this.#next.abort());
    await this.named.end();
  }

  async #commit(topicMessages: readonly PlacedTopic[]): Promise<void> {
    const transaction = this.#next ?? (await this.named.producer.transaction());
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
 * of the name has under way, and refuses whatever it sends later. After any trouble, this publisher is done: an opening
 * that is given up fences nobody later.
 */
export const kafkaPublisher =
  (options: KafkaPublisherOptions): OpenPublisher =>
  async (name, signal) => {
    const { declared, logger } = options;
    const named = new NamedProducer(kafkaClient(options, logger), name, logger);
    const { client, producer } = named;
    const step = <T>(what: string, work: () => Promise<T>): Promise<T> =>
      named.do(what, OPENING_MS, signal, work);
    try {
      await step('declare topics', () => declareTopics(client.kafka, declared));
      await step('connect', () => producer.connect());
      const first = await step('take the name', () => producer.transaction());
      return new KafkaPublisher(named, declared, first);
    } catch (error) {
      client.end();
      await named.end();
      throw error;
    }
  };
