import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicMetadata, type Kafka } from 'kafkajs';
import type { TopicDeclaration } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { typeOf } from './broker-error.js';

const create = async (admin: Admin, missing: readonly TopicDeclaration[]): Promise<void> => {
  await admin.createTopics({
    // Waited for below: the client only asks whoever it is connected to, and not the leader itself.
    waitForLeaders: false,
    topics: missing.map(({ topic, partitions, replicationFactor, config }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    })),
  });
};

const NOT_YET = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
];
const NOT_YET_MS = 50;

/** What a topic that was made a moment ago does not answer yet is asked again; whoever asked gives up. */
const whenThere = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!NOT_YET.includes(typeOf(error))) throw error;
      await sleep(NOT_YET_MS);
    }
};

/**
 * A topic is known before its leaders serve it. A transaction that is begun then is refused by them, and the end of it
 * too, for as long as it takes: until then nobody can open the publisher's name again.
 */
const untilServed = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  // Goes to the leader of each partition.
  for (const topic of topics) await whenThere(() => admin.fetchTopicOffsets(topic));
};

type Settings = ReadonlyMap<string, string>;

const settingsOf = async (
  admin: Admin,
  declared: readonly TopicDeclaration[],
): Promise<ReadonlyMap<string, Settings>> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: declared.map(({ topic, config }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: Object.keys(config),
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
};

const differenceOf = (
  { partitions, replicationFactor, config }: TopicDeclaration,
  found: ITopicMetadata | undefined,
  settings: Settings | undefined,
): string | null => {
  const there = found?.partitions ?? [];
  // Another count would put a key elsewhere: what a consumer has seen of it and what it will see would be in no order.
  if (there.length !== partitions) return `${there.length} partitions, not ${partitions}`;
  const copies = there.find(({ replicas }) => replicas.length !== replicationFactor)?.replicas.length;
  if (copies !== undefined) return `${copies} replicas, not ${replicationFactor}`;
  // Compaction of what must stay, none of what must go, references that outlive their day: each setting is a promise.
  const other = Object.entries(config).find(([name, value]) => settings?.get(name) !== value);
  if (other === undefined) return null;
  const [name, value] = other;
  return `${name} ${settings?.get(name) ?? 'not set'}, not ${value}`;
};

const assertAsDeclared = async (admin: Admin, declared: readonly TopicDeclaration[]): Promise<void> => {
  const names = declared.map(({ topic }) => topic);
  const { topics } = await whenThere(() => admin.fetchTopicMetadata({ topics: names }));
  const settings = await whenThere(() => settingsOf(admin, declared));
  for (const one of declared) {
    const found = topics.find(({ name }) => name === one.topic);
    const difference = differenceOf(one, found, settings.get(one.topic));
    if (difference !== null)
      throw new LacunaError('TOPIC_DIFFERS', `${one.topic} is there already with ${difference}`);
  }
};

/** Makes the topics that are missing; `TOPIC_DIFFERS` for one that is there and not as it is declared. */
export const declareTopics = async (kafka: Kafka, declared: readonly TopicDeclaration[]): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const known = new Set(await admin.listTopics());
    const missing = declared.filter(({ topic }) => !known.has(topic));
    if (missing.length > 0) await create(admin, missing);
    await untilServed(
      admin,
      missing.map(({ topic }) => topic),
    );
    await assertAsDeclared(admin, declared);
  } finally {
    // Not waited for: it may wait for an answer that will not come.
    admin.disconnect().catch(() => undefined);
  }
};
