/** What a cluster must be asked for. `config`: topic settings by their names in Apache Kafka (3.6 or later). */
export type TopicDeclaration = Readonly<{
  topic: string;
  context: string;
  partitions: number;
  replicationFactor: number;
  config: Readonly<Record<string, string>>;
}>;

/** `simulatedClock`: records are dated by a clock that the brokers do not know. */
export type TopicOptions = Readonly<{
  replicationFactor: number;
  simulatedClock: boolean;
}>;

/** The last part is the version of the topic's own layout: partitions or keys that change make a new topic. */
export const topicOf = (context: string): string => `lacuna.${context}.v1`;

const DAY = 86_400_000;
const NEVER = '-1';
const ANY_TIME = '9223372036854775807';

type Kept = 'latest' | 'ever' | 'window';

/**
 * Partitions are never changed: a key would move to another one, and its order with it.
 * `latest`: the last record of each key, none of what is to be forgotten. `ever`: each record is a figure or a proof
 * of its own. `window`: a reference to a behaviour goes long before the day that it names does.
 */
const layout: Readonly<Record<string, Readonly<{ partitions: number; kept: Kept }>>> = {
  member: { partitions: 6, kept: 'latest' },
  activity: { partitions: 3, kept: 'latest' },
  behaviour: { partitions: 6, kept: 'window' },
  statistics: { partitions: 3, kept: 'ever' },
  retention: { partitions: 1, kept: 'ever' },
};

export const topicContexts: readonly string[] = Object.keys(layout);

const BEHAVIOUR_RETENTION_DAYS = 30;

const cleaning = (kept: Kept, options: TopicOptions): Readonly<Record<string, string>> => {
  switch (kept) {
    case 'latest':
      return {
        'cleanup.policy': 'compact',
        // The segment in use is never compacted: it ends after a day, once another record comes. Then nothing is left
        // of an erased key but its tombstone within another day, however little else has changed.
        'segment.ms': String(DAY),
        'max.compaction.lag.ms': String(DAY),
        // How long a consumer may be away and still meet the tombstone.
        'delete.retention.ms': String(7 * DAY),
      };
    case 'ever':
      return { 'cleanup.policy': 'delete', 'retention.ms': NEVER, 'retention.bytes': NEVER };
    case 'window': {
      return {
        'cleanup.policy': 'delete',
        'retention.ms': options.simulatedClock ? NEVER : String(BEHAVIOUR_RETENTION_DAYS * DAY),
        'retention.bytes': NEVER,
        'segment.ms': String(DAY),
      };
    }
  }
};

/**
 * Every topic, as `npx lacuna` and the relay declare them. The record's own time is kept, not the broker's: that of a
 * behaviour is the day it was recorded. With three replicas a record stands on two before it is acknowledged.
 */
export const topics = (options: TopicOptions): readonly TopicDeclaration[] =>
  Object.entries(layout).map(([context, { partitions, kept }]) => ({
    topic: topicOf(context),
    context,
    partitions,
    replicationFactor: options.replicationFactor,
    config: {
      ...cleaning(kept, options),
      'min.insync.replicas': String(Math.max(1, options.replicationFactor - 1)),
      'unclean.leader.election.enable': 'false',
      'message.timestamp.type': 'CreateTime',
      ...(options.simulatedClock ? { 'message.timestamp.after.max.ms': ANY_TIME } : {}),
    },
  }));
