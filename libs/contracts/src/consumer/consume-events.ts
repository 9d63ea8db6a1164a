import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs';
import { fromKafkaRecord } from '../integration/kafka-binding.js';
import type { PublishedEvent } from '../integration/envelope.js';
import { topicOf } from '../integration/topics.js';
import type { Inbox } from './inbox.js';

export type RecordPlace = Readonly<{ topic: string; partition: number; offset: string }>;

export type ConsumeOptions<Transaction> = Readonly<{
  /** Your own connection to the brokers: `new Kafka({ brokers, ssl, sasl })`. */
  kafka: Readonly<{ consumer(config: ConsumerConfig): Consumer }>;
  groupId: string;
  /** Which topics: `member`, `activity`, `behaviour`, `statistics`, `retention`. */
  contexts: readonly string[];
  inbox: Inbox<Transaction>;
  /**
   * What an event does here. Called once for each event that was not passed, in the order of its key, events of one
   * partition one after the other. When it rejects, the event comes again, and nothing of its partition is passed by.
   */
  handle: (event: PublishedEvent, transaction: Transaction) => Promise<void>;
  /**
   * Called each time a record could not be handled, with the error and where it stands. Without a place: this consumer
   * is dead and handles nothing more (somebody else's group, no leave to read); begin again or end the process.
   */
  onFailure?: (error: unknown, place: RecordPlace | null) => void;
}>;

export interface Consuming {
  readonly handled: number;
  readonly repeated: number;
  /** Finishes the record in hand, commits what was handled, leaves the group. */
  close(): Promise<void>;
}

/** How long a member of the group may be silent before the others take over its partitions. */
const SESSION_MS = 15_000;

/** How long a consumer that was started before the relay waits for the relay to make the topics. */
const TOPICS_MS = 60_000;
const NOT_THERE = 'UNKNOWN_TOPIC_OR_PARTITION';

const subscribe = async (consumer: Consumer, topics: string[]): Promise<void> => {
  const deadline = performance.now() + TOPICS_MS;
  for (;;) {
    try {
      await consumer.subscribe({ topics, fromBeginning: true });
      return;
    } catch (error) {
      const { type } = error as { type?: unknown };
      if (type !== NOT_THERE || performance.now() > deadline) throw error;
      await sleep(1_000);
    }
  }
};

type Counts = { handled: number; repeated: number };

const handleBatch =
  <Transaction>(
    { inbox, handle, onFailure }: ConsumeOptions<Transaction>,
    counts: Counts,
  ): ((payload: EachBatchPayload) => Promise<void>) =>
  async (payload) => {
    const { batch } = payload;
    for (const message of batch.messages) {
      // A rebalance in the middle: whoever has the partition now begins where this one has committed.
      if (!payload.isRunning() || payload.isStale()) return;
      try {
        const event = fromKafkaRecord(message);
        if (await inbox.once(event, (transaction) => handle(event, transaction))) counts.handled += 1;
        else counts.repeated += 1;
      } catch (error) {
        onFailure?.(error, { topic: batch.topic, partition: batch.partition, offset: message.offset });
        // In place of a handler's own: the client gives up for ever, in silence, on a TypeError and its like, and it
        // writes down the words of what was thrown, which may quote a record.
        throw new Error('not handled');
      }
      payload.resolveOffset(message.offset);
      await payload.heartbeat();
    }
  };

/**
 * Follows topics as a member of a group, from their beginning where the group is new. What it gives on is what the log
 * holds, each event once per inbox: records of transactions that were given up are not read, repeats are dropped, an
 * offset is committed only after its record was handled. Resolves once the topics are there and the group has been
 * asked to take it in; whether it has, and all troubles afterwards, are borne with kafkajs' own back-off for ever and
 * told by the logger of your `kafka`. What cannot be borne `onFailure` is told.
 */
export const consumeEvents = async <Transaction>(
  options: ConsumeOptions<Transaction>,
): Promise<Consuming> => {
  const counts: Counts = { handled: 0, repeated: 0 };
  const consumer = options.kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: SESSION_MS,
    readUncommitted: false,
    // The relay makes the topics, as they must be; what a broker made by itself the relay would refuse.
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: () => Promise.resolve(true) },
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) options.onFailure?.(error, null);
  });
  await consumer.connect();
  try {
    await subscribe(consumer, options.contexts.map(topicOf));
    await consumer.run({
      eachBatch: handleBatch(options, counts),
      // Of a batch that ended early nothing is passed that was not handled.
      eachBatchAutoResolve: false,
      autoCommitInterval: 1_000,
    });
  } catch (error) {
    await consumer.disconnect();
    throw error;
  }
  return {
    get handled() {
      return counts.handled;
    },
    get repeated() {
      return counts.repeated;
    },
    close: () => consumer.disconnect(),
  };
};
