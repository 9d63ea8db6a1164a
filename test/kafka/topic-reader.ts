import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Consumer } from 'kafkajs';

/** A record as a consumer that reads committed ones has it. */
export type TopicRecord = Readonly<{
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  id: string;
  sequence: string;
  /** Empty where there is none. */
  trace: string;
  isTombstone: boolean;
}>;

export type TopicReader = Readonly<{
  records: readonly TopicRecord[];
  /** Until it holds, or so many milliseconds have gone by. */
  until(holds: (records: readonly TopicRecord[]) => boolean, ms: number): Promise<boolean>;
  /** Until nothing more has come for a while. */
  quiet(ms?: number): Promise<void>;
  stop(): Promise<void>;
}>;

const header = (headers: Readonly<Record<string, unknown>> | undefined, name: string): string => {
  const value = headers?.[name];
  return Buffer.isBuffer(value) || typeof value === 'string' ? value.toString() : '';
};

export const testKafka = (brokers: readonly string[]): Kafka =>
  new Kafka({ brokers: [...brokers], clientId: 'lacuna-test', logLevel: logLevel.NOTHING });

const waitsFor = (records: readonly TopicRecord[]): Pick<TopicReader, 'until' | 'quiet'> => ({
  until: async (holds, ms) => {
    const deadline = performance.now() + ms;
    while (!holds(records)) {
      if (performance.now() > deadline) return false;
      await sleep(50);
    }
    return true;
  },
  quiet: async (ms = 1_500) => {
    for (let seen = -1; seen !== records.length;) {
      seen = records.length;
      await sleep(ms);
    }
  },
});

// What a test that failed has left open would keep the run from ending.
const readers = new Set<Consumer>();
afterAll(async () => {
  await Promise.all([...readers].map((reader) => reader.disconnect()));
});

/** Reads a topic from its beginning, in a group of its own. */
export const readTopic = async (
  brokers: readonly string[],
  topic: string,
  readUncommitted = false,
): Promise<TopicReader> => {
  const consumer = testKafka(brokers).consumer({
    groupId: `test-${randomUUID()}`,
    readUncommitted,
    maxWaitTimeInMs: 200,
    retry: { retries: 1_000, initialRetryTime: 200, maxRetryTime: 1_000 },
  });
  const records: TopicRecord[] = [];
  readers.add(consumer);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      for (const { key, value, headers, offset } of batch.messages)
        records.push({
          topic: batch.topic,
          partition: batch.partition,
          offset: BigInt(offset),
          key: key?.toString() ?? '',
          id: header(headers, 'ce_id'),
          sequence: header(headers, 'ce_sequence'),
          trace: header(headers, 'traceparent'),
          isTombstone: value === null,
        });
      return Promise.resolve();
    },
  });
  return {
    records,
    ...waitsFor(records),
    stop: async () => {
      readers.delete(consumer);
      await consumer.disconnect();
    },
  };
};

/** What a consumer drops: records that are not beyond what it has seen of their key. Kept: the rest, in order. */
export const dropRepeats = (records: readonly TopicRecord[]): readonly TopicRecord[] => {
  const last = new Map<string, string>();
  return records.filter(({ key, sequence }) => {
    if (sequence <= (last.get(key) ?? '')) return false;
    last.set(key, sequence);
    return true;
  });
};

/** How often a record stands before one of its key that belongs before it and was not there already. */
export const inversions = (records: readonly TopicRecord[]): number => {
  const seen = new Map<string, Set<string>>();
  const highest = new Map<string, string>();
  let found = 0;
  for (const { key, sequence } of records) {
    const known = seen.get(key) ?? new Set();
    if (sequence < (highest.get(key) ?? '') && !known.has(sequence)) found += 1;
    if (sequence > (highest.get(key) ?? '')) highest.set(key, sequence);
    seen.set(key, known.add(sequence));
  }
  return found;
};

export const idsOf = (records: readonly TopicRecord[]): ReadonlySet<string> =>
  new Set(records.map(({ id }) => id));

/** Which of these ids no record has. */
export const lost = (ids: readonly string[], records: readonly TopicRecord[]): readonly string[] => {
  const found = idsOf(records);
  return ids.filter((id) => !found.has(id));
};
