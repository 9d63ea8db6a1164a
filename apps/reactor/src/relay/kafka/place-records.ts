import { Partitioners, type Message, type RecordMetadata } from 'kafkajs';
import { toKafkaRecord, type KafkaRecord, type TopicDeclaration } from '@lacuna/contracts';
import type { IntegrationEvent } from '@lacuna/domain/integration';
import { LacunaError } from '@lacuna/domain/kernel';

/** A record with its partition chosen: only who knows where each went can tell whether all were taken. */
export type PlacedMessage = Message & { partition: number };
export type PlacedTopic = { topic: string; messages: PlacedMessage[] };

// murmur2 over the key, as every other client of Kafka places a keyed record.
const partitionOf = Partitioners.DefaultPartitioner();

const metadataOf = (partitions: number) =>
  Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));

const messageOf = (record: KafkaRecord, partitions: number): PlacedMessage => {
  const { topic, key, value, headers, timestamp } = record;
  const message = { key, value, headers: { ...headers }, timestamp };
  return {
    ...message,
    partition: partitionOf({ topic, partitionMetadata: metadataOf(partitions), message }),
  };
};

/** The records of events by topic, in their order, each with its partition. */
export const placeRecords = (
  events: readonly IntegrationEvent[],
  declared: readonly TopicDeclaration[],
): PlacedTopic[] => {
  const partitions = new Map(declared.map(({ topic, partitions: count }) => [topic, count]));
  const topics = new Map<string, PlacedTopic>();
  for (const event of events) {
    const record = toKafkaRecord(event);
    const count = partitions.get(record.topic);
    if (count === undefined) throw new LacunaError('TOPIC_UNDECLARED', `nobody has declared ${record.topic}`);
    const placed = topics.get(record.topic) ?? { topic: record.topic, messages: [] };
    placed.messages.push(messageOf(record, count));
    topics.set(record.topic, placed);
  }
  return [...topics.values()];
};

/** What goes to the first partition, and all the rest: together what was given, in its order per partition. */
export const firstPartition = (
  placed: readonly PlacedTopic[],
): readonly [first: readonly PlacedTopic[], rest: readonly PlacedTopic[]] => {
  const [head, ...others] = placed;
  if (head === undefined) return [[], []];
  const { topic, messages } = head;
  const isFirst = ({ partition }: PlacedMessage): boolean => partition === messages[0]?.partition;
  const rest = { topic, messages: messages.filter((message) => !isFirst(message)) };
  return [
    [{ topic, messages: messages.filter(isFirst) }],
    rest.messages.length === 0 ? others : [rest, ...others],
  ];
};

const TAKEN = 0;

/**
 * The client resolves a send although it has left a partition out, or has written one twice, which it does when
 * leaders change in the midst (the first is its issue 1303): each partition that something was sent to must have
 * answered once.
 */
export const assertAllTaken = (sent: readonly PlacedTopic[], answered: readonly RecordMetadata[]): void => {
  const taken = new Map<string, number>();
  for (const { topicName, partition, errorCode } of answered) {
    const place = `${topicName} ${partition}`;
    if (errorCode === TAKEN) taken.set(place, (taken.get(place) ?? 0) + 1);
  }
  const places = new Set(
    sent.flatMap(({ topic, messages }) => messages.map(({ partition }) => `${topic} ${partition}`)),
  );
  for (const place of places)
    if (taken.get(place) !== 1)
      throw new LacunaError('BROKER_LEFT_OUT', 'a partition that was sent to has not answered once');
};
