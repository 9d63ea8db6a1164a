import { setTimeout as sleep } from 'node:timers/promises';
import { topicOf } from '@lacuna/contracts';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { appendLoad, everyRecordKept, openRelayHouse, type RelayHouse } from './relay-house.js';
import { RelayProcess, type Point, type RelayProcessOptions } from './relay-process.js';
import { dropRepeats, inversions, lost, readTopic, testKafka, type TopicRecord } from './topic-reader.js';

const MEMBERS = topicOf('member');
const BATCH = 100;

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
}, 120_000);
afterAll(() => kafka.stop());

let house: RelayHouse;
let relays: RelayProcess[];
beforeEach(async () => {
  house = await openRelayHouse();
  relays = [];
});
afterEach(async () => {
  for (const relay of relays) await relay.kill();
  await house.close();
  const admin = testKafka(kafka.brokers).admin();
  await admin.connect();
  await admin.deleteTopics({
    topics: (await admin.listTopics()).filter((name) => name.startsWith('lacuna.')),
  });
  await admin.disconnect();
}, 60_000);

const start = (more: Partial<RelayProcessOptions> = {}): RelayProcess => {
  const { databaseUrl } = house;
  const relay = new RelayProcess({
    databaseUrl,
    brokers: kafka.brokers,
    declared: everyRecordKept(1),
    batchSize: BATCH,
    ...more,
  });
  relays.push(relay);
  return relay;
};

const allRecords = async (atLeast: number): Promise<readonly TopicRecord[]> => {
  const reader = await readTopic(kafka.brokers, MEMBERS);
  await reader.until((records) => records.length >= atLeast, 30_000);
  await reader.quiet();
  await reader.stop();
  return reader.records;
};

/** All of it, each once to whoever drops repeats, in the order of its key. */
const expectWhole = (ids: readonly string[], records: readonly TopicRecord[]): void => {
  expect(lost(ids, records)).toEqual([]);
  expect(dropRepeats(records)).toHaveLength(ids.length);
  expect(inversions(records)).toBe(0);
};

const some = (events: number) => appendLoad(house, { events, members: 32, perAppend: 5 });

describe('C02 a relay that is killed', () => {
  it('between the commit of the brokers and its checkpoint publishes that batch again, and loses none', async () => {
    const ids: string[] = [];
    const rounds = 4;
    for (let round = 0; round < rounds; round += 1) {
      ids.push(...(await some(480)));
      const relay = start({ at: { point: 'after-commit', batch: 2, signal: 'SIGKILL' } });
      await relay.ended();
      expect(relay.hasReached('after-commit')).toBe(true);
    }
    start();
    await house.published();
    const records = await allRecords(ids.length);
    expectWhole(ids, records);
    // The window is proven to be there: each kill doubles, by a batch at the most.
    expect(records.length).toBeGreaterThan(ids.length);
    expect(records.length - ids.length).toBeLessThanOrEqual(rounds * BATCH);
  }, 180_000);

  it('at any moment, many times, loses none and doubles no more than what was under way', async () => {
    const ids: string[] = [];
    const kills = 8;
    const ending = new AbortController();
    const load = (async () => {
      while (!ending.signal.aborted) {
        ids.push(...(await some(160)));
        await sleep(400);
      }
    })();
    try {
      for (let kill = 0; kill < kills; kill += 1) {
        const relay = start();
        const began = await relay.until(({ position }) => position !== null, 30_000);
        expect({ began, lines: relay.lines }).toEqual({ began: true, lines: relay.lines });
        await sleep(Math.random() * 400);
        await relay.kill();
      }
    } finally {
      ending.abort();
      await load;
    }
    start();
    await house.published();
    const records = await allRecords(ids.length);
    expectWhole(ids, records);
    expect(records.length - ids.length).toBeLessThanOrEqual(kills * BATCH);
  }, 180_000);
});

describe('C06 a relay that stands still past its lease and goes on later', () => {
  const TTL = 2_000;

  /** Two relays; the first stands still at this point, the second takes over, and then the first goes on. */
  const zombie = async (at: Point, apart: boolean) => {
    const ids = [...(await appendLoad(house, { events: 40, members: 8, perAppend: 5 }))];
    const first = start({ leaseMs: TTL, at, apart });
    const began = await first.until(({ position }) => position !== null, 30_000);
    // With what it said, where it did not begin.
    expect({ began, lines: first.lines }).toEqual({ began: true, lines: first.lines });
    const second = start({ leaseMs: TTL, apart });
    expect(await second.until(({ lines }) => lines.length > 0, 20_000)).toBe(true);
    ids.push(...(await some(480)));
    expect(await first.until((relay) => relay.hasReached(at.point), 20_000)).toBe(true);
    const stoodStill = performance.now();
    expect(await second.until(({ position }) => position !== null, 20_000)).toBe(true);
    const handedOverMs = performance.now() - stoodStill;
    await house.published();
    const reader = await readTopic(kafka.brokers, MEMBERS);
    await reader.until((records) => records.length >= ids.length, 30_000);
    await reader.quiet();
    const before = reader.records.length;
    first.resume();
    expect(await first.until(({ troubles }) => troubles.length > 0, 20_000)).toBe(true);
    await reader.quiet(3_000);
    const byZombie = reader.records.length - before;
    ids.push(...(await some(160)));
    await house.published();
    await reader.until((records) => dropRepeats(records).length >= ids.length, 30_000);
    await reader.quiet();
    await reader.stop();
    return { ids, reader, byZombie, handedOverMs, troubles: first.troubles };
  };

  it('before it sends makes nothing visible: no sequence goes back', async () => {
    const at = { point: 'before-send', batch: 2, signal: 'SIGSTOP' } as const;
    const { ids, reader, byZombie, handedOverMs, troubles } = await zombie(at, false);
    expect(byZombie).toBe(0);
    expect(handedOverMs).toBeLessThan(10_000);
    expect(troubles.some((code) => code === 'RELAY_FENCED' || code === 'LEASE_LOST')).toBe(true);
    expectWhole(ids, reader.records);
    expect(reader.records).toHaveLength(ids.length);
  }, 120_000);

  it('before its checkpoint cannot move it back: its batch is there twice, by its successor, and nothing after', async () => {
    const at = { point: 'after-commit', batch: 2, signal: 'SIGSTOP' } as const;
    const { ids, reader, byZombie, troubles } = await zombie(at, false);
    expect(byZombie).toBe(0);
    expect(troubles).toContain('LEASE_LOST');
    expectWhole(ids, reader.records);
    expect(reader.records.length - ids.length).toBeLessThanOrEqual(BATCH);
  }, 120_000);

  it('would get through under a name of its own: what the one name for all prevents', async () => {
    const at = { point: 'before-send', batch: 2, signal: 'SIGSTOP' } as const;
    const { byZombie } = await zombie(at, true);
    expect(byZombie).toBeGreaterThan(0);
  }, 120_000);
});
