import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { topicOf } from '@lacuna/contracts';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { brokerAwaySeconds } from '../fault/product/settings.js';
import { appendLoad, everyRecordKept, openRelayHouse, type RelayHouse } from './relay-house.js';
import { RelayProcess } from './relay-process.js';
import { dropRepeats, inversions, lost, readTopic } from './topic-reader.js';

const WAITING = 100_000;
const MOST_MB = 512;
const AWAY_SECONDS = brokerAwaySeconds(15);

let kafka: KafkaCluster;
let house: RelayHouse;
beforeAll(async () => {
  kafka = await startKafka();
  house = await openRelayHouse();
}, 180_000);
afterAll(async () => {
  await house.close();
  await kafka.stop();
});

/** In the place of the broker: takes connections, counts them, and hangs up. */
const listenInstead = (port: number): Promise<Readonly<{ server: Server; count: () => number }>> =>
  new Promise((resolve) => {
    let count = 0;
    const server = createServer((socket) => {
      count += 1;
      socket.on('error', () => undefined).destroy();
    });
    server.listen(port, '127.0.0.1', () => resolve({ server, count: () => count }));
  });

it(
  'C01 C04 a broker that is away hinders no append, costs bounded memory and few calls; then all that waits goes out',
  async () => {
    const [node] = kafka.nodes;
    const relay = new RelayProcess({
      databaseUrl: house.databaseUrl,
      brokers: kafka.brokers,
      declared: everyRecordKept(1),
      batchSize: 500,
      leaseMs: 6_000,
    });
    const first = await appendLoad(house, { events: 320, members: 32, perAppend: 10 });
    expect(await relay.until(({ position }) => position === BigInt(first.length), 60_000)).toBe(true);
    await node!.kill();

    const began = performance.now();
    const ids = [...first, ...(await appendLoad(house, { events: WAITING, members: 320, perAppend: 20 }))];
    const appendSeconds = (performance.now() - began) / 1_000;
    expect(ids.length).toBeGreaterThanOrEqual(WAITING);
    const instead = await listenInstead(Number(node!.broker.split(':')[1]));
    const count = await sleep(AWAY_SECONDS * 1_000).then(instead.count);
    const callsPerSecond = count / AWAY_SECONDS;
    await new Promise((resolve) => instead.server.close(resolve));
    expect(relay.isAlive).toBe(true);
    expect(relay.troubles).toContain('BROKER_UNAVAILABLE');
    expect(count).toBeGreaterThan(0);
    expect(callsPerSecond).toBeLessThanOrEqual(10);

    await kafka.heal();
    const healed = performance.now();
    const head = await house.store.head();
    expect(await relay.until(({ position }) => position === head, 300_000)).toBe(true);
    const drainSeconds = (performance.now() - healed) / 1_000;
    const rssMb = await relay.stop();
    expect(rssMb).toBeLessThan(MOST_MB);
    const reader = await readTopic(kafka.brokers, topicOf('member'));
    await reader.until((records) => records.length >= ids.length, 120_000);
    await reader.quiet();
    await reader.stop();
    expect(lost(ids, reader.records)).toEqual([]);
    expect(inversions(reader.records)).toBe(0);
    expect(dropRepeats(reader.records)).toHaveLength(ids.length);
    process.stdout.write(
      `${JSON.stringify({
        appendsPerSecond: Math.round(WAITING / appendSeconds),
        drainedPerSecond: Math.round(WAITING / drainSeconds),
        callsPerSecond: Math.round(callsPerSecond * 10) / 10,
        relayRssMb: Math.round(rssMb),
      })}\n`,
    );
  },
  900_000 + AWAY_SECONDS * 1_000,
);
