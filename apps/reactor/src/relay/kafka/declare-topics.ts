import kafkajs, { type Admin, type ITopicMetadata, type Kafka } from 'kafkajs';
import type { TopicDeclaration } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';

const CLEANUP = 'cleanup.policy';

const create = async (admin: Admin, missing: readonly TopicDeclaration[]): Promise<void> => {
  if (missing.length === 0) return;
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map(({ topic, partitions, replicationFactor, config }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    })),
  });
};

const cleanupOf = async (
  admin: Admin,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: [CLEANUP],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      configEntries.find(({ configName }) => configName === CLEANUP)?.configValue,
    ]),
  );
};

const refuse = (topic: string, difference: string): never => {
  throw new LacunaError('TOPIC_DIFFERS', `${topic} is there already with ${difference}`);
};

const assertAsDeclared = async (
  admin: Admin,
  declared: readonly TopicDeclaration[],
  found: readonly ITopicMetadata[],
): Promise<void> => {
  const cleanup = await cleanupOf(
    admin,
    declared.map(({ topic }) => topic),
  );
  const partitions = new Map(found.map(({ name, partitions: all }) => [name, all.length]));
  for (const { topic, partitions: wanted, config } of declared) {
    const count = partitions.get(topic);
    // Another count would put a key elsewhere: what a consumer has seen of it and what it will see would be in no order.
    if (count !== wanted) refuse(topic, `${count ?? 0} partitions, not ${wanted}`);
    // Compaction of what must stay, or none of what must go.
    if (cleanup.get(topic) !== config[CLEANUP]) refuse(topic, `another ${CLEANUP}`);
  }
};

/** Makes the topics that are missing; `TOPIC_DIFFERS` for one whose partitions or cleanup are not as declared. */
export const declareTopics = async (kafka: Kafka, declared: readonly TopicDeclaration[]): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const known = new Set(await admin.listTopics());
    await create(
      admin,
      declared.filter(({ topic }) => !known.has(topic)),
    );
    const { topics } = await admin.fetchTopicMetadata({ topics: declared.map(({ topic }) => topic) });
    await assertAsDeclared(admin, declared, topics);
  } finally {
    // Not waited for: it may wait for an answer that will not come.
    admin.disconnect().catch(() => undefined);
  }
};
