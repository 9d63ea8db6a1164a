import { setTimeout as sleep } from 'node:timers/promises';
import {
  AssignerProtocol,
  Kafka,
  logLevel,
  PartitionAssigners,
  type Admin,
  type PartitionAssigner,
} from 'kafkajs';
import { Pool } from 'pg';
import {
  consumeEvents,
  memoryInbox,
  POSTGRES_INBOX_TABLE,
  postgresInbox,
  toKafkaRecord,
  topics,
  type Consuming,
  type PublishedEvent,
} from '@lacuna/contracts';
import { freshDatabase, startKafka, type FreshDatabase, type KafkaCluster } from '@lacuna/testing';

const KEYS = 40;
const CONTEXTS = ['member', 'behaviour'];

let cluster: KafkaCluster;
let kafka: Kafka;
let database: FreshDatabase;
let pool: Pool;

beforeAll(async () => {
  // As many are set up: whoever asks for a topic that is not there makes it.
  cluster = await startKafka({ settings: { 'auto.create.topics.enable': 'true' } });
  kafka = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING });
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.ownerUrl, max: 20 });
  await pool.query(POSTGRES_INBOX_TABLE);
  await pool.query('CREATE TABLE effects (at bigserial, groupname text, key text, sequence text, id text)');
}, 120_000);

afterAll(async () => {
  await pool.end();
  await database.drop();
  await cluster.stop();
});

const declared = topics({ replicationFactor: 1, simulatedClock: false });

const withAdmin = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const dropTopics = (): Promise<void> =>
  withAdmin(async (admin) => {
    const names = declared.map(({ topic }) => topic);
    const there = (await admin.listTopics()).filter((topic) => names.includes(topic));
    if (there.length > 0) await admin.deleteTopics({ topics: there });
  });

const makeTopics = (): Promise<void> =>
  withAdmin(async (admin) => {
    // A topic that was deleted takes a moment to be gone.
    for (let tries = 0; ; tries += 1) {
      try {
        await admin.createTopics({
          waitForLeaders: true,
          topics: declared.map(({ topic, partitions }) => ({
            topic,
            numPartitions: partitions,
            replicationFactor: 1,
          })),
        });
        return;
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(100);
      }
    }
  });

beforeEach(async () => {
  await dropTopics();
  await makeTopics();
}, 60_000);

// A test that failed has left them running, which would keep the run from ending.
const running = new Set<Consuming>();
const consume: typeof consumeEvents = async (options) => {
  const consuming = await consumeEvents(options);
  running.add(consuming);
  return consuming;
};
afterEach(async () => {
  for (const consuming of running) await consuming.close();
  running.clear();
});

/** As the usual one, under a name that nobody else in the group knows. */
const otherAssigner: PartitionAssigner = (args) => {
  const assigner = PartitionAssigners.roundRobin(args);
  const name = 'OtherAssigner';
  return {
    ...assigner,
    name,
    protocol: ({ topics: names }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: 0,
        topics: names,
        userData: Buffer.alloc(0),
      }),
    }),
  };
};

type Sent = PublishedEvent & Readonly<{ stamp: string }>;

const event = (context: string, key: string, sequence: number | null, id: string): Sent => ({
  id,
  tenant: 'car-club',
  context,
  type: 'MemberRegistered',
  version: 1,
  key,
  sequence: sequence === null ? null : String(sequence).padStart(20, '0'),
  time: '2026-11-22T00:00:00.000Z',
  stamp: '2026-11-22T00:00:00.000Z',
  data: { n: sequence ?? 0 },
  classification: 'confidential',
});

/** A log of some keys with an order, and of records that stand alone. */
const logOf = (length: number): readonly Sent[] =>
  Array.from({ length }, (_, at) =>
    at % 4 === 0
      ? event('behaviour', `alone-${at}`, null, `alone-${at}`)
      : event('member', `member-${at % KEYS}`, at, `member-${at}`),
  );

const send = async (events: readonly Sent[]): Promise<void> => {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    for (let from = 0; from < events.length; from += 200) {
      const records = events.slice(from, from + 200).map(toKafkaRecord);
      await producer.sendBatch({
        topicMessages: CONTEXTS.map((context) => ({
          topic: `lacuna.${context}.v1`,
          messages: records
            .filter(({ topic }) => topic === `lacuna.${context}.v1`)
            .map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp })),
        })),
      });
    }
  } finally {
    await producer.disconnect();
  }
};

/** Every record three times, as crashes of a relay send it: runs that end where they ended before, and go on. */
const threeTimes = (log: readonly Sent[], run = 50): readonly Sent[] =>
  Array.from({ length: Math.ceil(log.length / run) }, (_, at) => log.slice(at * run, (at + 1) * run)).flatMap(
    (part) => [...part, ...part, ...part],
  );

/** Two runs of records, each in its order, one of each in turn; the second begins when the first has had its share. */
const interleaved = (late: readonly Sent[], fresh: readonly Sent[]): readonly Sent[] =>
  Array.from({ length: Math.max(late.length, fresh.length) }, (_, at) => [
    ...fresh.slice(at, at + 1),
    ...late.slice(at, at + 1),
  ]).flat();

const until = async (what: string, holds: () => boolean | Promise<boolean>, ms = 120_000): Promise<void> => {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}`);
    await sleep(50);
  }
};

const perKey = (
  events: readonly Pick<PublishedEvent, 'key' | 'id'>[],
): ReadonlyMap<string, readonly string[]> => {
  const ids = new Map<string, string[]>();
  for (const { key, id } of events) ids.set(key, [...(ids.get(key) ?? []), id]);
  return ids;
};

it('C07 a consumer that is given everything three times ends equal to the log', async () => {
  const log = logOf(2_000);
  const seen: PublishedEvent[] = [];
  const consuming = await consume({
    kafka,
    groupId: 'three-times',
    contexts: CONTEXTS,
    inbox: memoryInbox(),
    handle: (one) => {
      seen.push(one);
      return Promise.resolve();
    },
  });
  // And once more from its beginning, as when a relay's checkpoint was set back: long after, among what is new.
  const delivered = [...threeTimes(log.slice(0, 1_000)), ...interleaved(log, threeTimes(log.slice(1_000)))];
  await send(delivered);
  await until('all of it is read', () => consuming.handled + consuming.repeated >= delivered.length);
  await consuming.close();
  expect({ handled: consuming.handled, repeated: consuming.repeated }).toEqual({
    handled: log.length,
    repeated: delivered.length - log.length,
  });
  expect(perKey(seen)).toEqual(perKey(log));
  expect(seen[0]).toMatchObject({ tenant: 'car-club', data: { n: expect.any(Number) as number } });
}, 180_000);

type Effect = Readonly<{ key: string; id: string }>;

const effectsOf = async (group: string): Promise<readonly Effect[]> =>
  (await pool.query<Effect>('SELECT key, id FROM effects WHERE groupname = $1 ORDER BY at', [group])).rows;

const member = (group: string): Promise<Consuming> =>
  consume({
    kafka,
    groupId: group,
    contexts: CONTEXTS,
    inbox: postgresInbox(pool, group),
    handle: async ({ key, sequence, id }, client) => {
      await client.query('INSERT INTO effects (groupname, key, sequence, id) VALUES ($1, $2, $3, $4)', [
        group,
        key,
        sequence,
        id,
      ]);
    },
  });

it('C08 members that join and leave all the time lose nothing, and do nothing twice', async () => {
  const log = logOf(3_000);
  const group = 'storm';
  const lasting = await member(group);
  const delivered = threeTimes(log, 300);
  let rounds = 0;
  let handledByOthers = 0;
  const isComplete = async (): Promise<boolean> => (await effectsOf(group)).length >= log.length;
  // A part in each round: however quick the members are, there is something to hand over.
  for (let sent = 0; (sent < delivered.length || !(await isComplete())) && rounds < 60; sent += 900) {
    const passing = await member(group);
    await send(delivered.slice(sent, sent + 900));
    await sleep(500 + ((rounds * 137) % 700));
    await passing.close();
    handledByOthers += passing.handled;
    rounds += 1;
  }
  await until('all of it has its effect', isComplete);
  await lasting.close();
  // Without these nobody has handed anything over.
  expect(rounds).toBeGreaterThanOrEqual(10);
  expect(handledByOthers).toBeGreaterThan(0);
  expect(perKey(await effectsOf(group))).toEqual(perKey(log));
}, 300_000);

// The client never tries again what fails by one of the last: a mistake of the handler as it is usually made.
it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError])(
  'C08 an event that cannot be handled (%p) stops its partition, comes again, and nothing is passed by',
  async (Mistake) => {
    const log = [1, 2, 3, 4].map((at) => event('member', 'one-key', at, `e${at}`));
    await send(log);
    const seen: string[] = [];
    const failures: string[] = [];
    let isBroken = true;
    const consuming = await consume({
      kafka,
      groupId: `failing-${Mistake.name}`,
      contexts: ['member'],
      inbox: memoryInbox(),
      handle: ({ id }) => {
        if (id === 'e3' && isBroken) throw new Mistake('down');
        seen.push(id);
        return Promise.resolve();
      },
      onFailure: (error, place) => {
        expect(error).toBeInstanceOf(Mistake);
        failures.push(place?.offset ?? 'dead');
      },
    });
    await until('it has failed', () => failures.length >= 2);
    expect(seen).toEqual(['e1', 'e2']);
    isBroken = false;
    await until('it goes on', () => seen.length === 4);
    await consuming.close();
    expect(seen).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(new Set(failures).size).toBe(1);
  },
  180_000,
);

it('C08 a consumer that is dead says so: its group follows topics in another way', async () => {
  const other = kafka.consumer({ groupId: 'taken', partitionAssigners: [otherAssigner] });
  await other.connect();
  const failures: unknown[] = [];
  try {
    await other.subscribe({ topic: 'lacuna.member.v1' });
    const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve));
    await other.run({ eachMessage: () => Promise.resolve() });
    await joined;
    await consume({
      kafka,
      groupId: 'taken',
      contexts: ['member'],
      inbox: memoryInbox(),
      handle: () => Promise.resolve(),
      onFailure: (error, place) => failures.push([place, error instanceof Error]),
    });
    await until('it says so', () => failures.length > 0);
    expect(failures).toEqual([[null, true]]);
  } finally {
    await other.disconnect();
  }
}, 60_000);

it('a consumer that is there before the topics makes none by itself, and follows them when the relay has made them', async () => {
  await dropTopics();
  const seen: string[] = [];
  const starting = consume({
    kafka,
    groupId: 'early',
    contexts: ['member'],
    inbox: memoryInbox(),
    handle: ({ id }) => {
      seen.push(id);
      return Promise.resolve();
    },
  });
  await sleep(3_000);
  const before = await withAdmin((admin) => admin.listTopics());
  await makeTopics();
  const consuming = await starting;
  await send([event('member', 'one-key', 1, 'e1')]);
  await until('it follows', () => seen.length > 0);
  await consuming.close();
  expect(before.filter((name) => name.startsWith('lacuna.'))).toEqual([]);
}, 60_000);
