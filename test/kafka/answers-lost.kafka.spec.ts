import { randomInt } from 'node:crypto';
import { topicOf } from '@lacuna/contracts';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { END_TRANSACTION, PRODUCE, ProduceProxy } from './produce-proxy.js';
import { appendLoad, openRelayHouse, relayTo, type RelayHouse } from './relay-house.js';
import { dropRepeats, inversions, lost, readTopic } from './topic-reader.js';

const BATCH = 50;
const ROUNDS = 4;

// Below where anybody's outgoing connections take their ports from, and beside where brokers take theirs.
const brokerPort = randomInt(12_000, 16_000);
const proxyPort = brokerPort + 4_000;

let proxy: ProduceProxy;
let kafka: KafkaCluster;
let house: RelayHouse;
beforeAll(async () => {
  proxy = new ProduceProxy({ host: '127.0.0.1', port: brokerPort });
  await proxy.listen(proxyPort);
  // Whoever asks the broker where it is, is told of the proxy: all goes through it.
  kafka = await startKafka({
    port: brokerPort,
    settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxyPort}` },
  });
  house = await openRelayHouse();
}, 180_000);
afterAll(async () => {
  await house.close();
  await kafka.stop();
  await proxy.close();
});

it('C03 an answer that is lost on its way puts nothing out of order and loses nothing', async () => {
  const ids: string[] = [];
  const troubles: string[] = [];
  const relay = relayTo(house, kafka.brokers, {
    batchSize: BATCH,
    onTrouble: (code) => void troubles.push(code),
  });
  relay.start();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const kind of [PRODUCE, END_TRANSACTION]) {
      const before = proxy.dropped;
      proxy.dropNextAnswerTo(kind);
      ids.push(...(await appendLoad(house, { events: 300, members: 10, perAppend: 3 })));
      await house.published();
      expect(proxy.dropped).toBe(before + 1);
    }
  await relay.stop();
  const reader = await readTopic(kafka.brokers, topicOf('member'));
  await reader.until((records) => lost(ids, records).length === 0, 30_000);
  await reader.quiet();
  await reader.stop();
  const { records } = reader;
  expect(lost(ids, records)).toEqual([]);
  expect(inversions(records)).toBe(0);
  expect(dropRepeats(records)).toHaveLength(ids.length);
  // An answer to a commit that is lost doubles its batch; one to records alone is of a transaction that nobody saw.
  expect(troubles.length).toBeGreaterThan(0);
  expect(records.length).toBeGreaterThan(ids.length);
  expect(records.length - ids.length).toBeLessThanOrEqual(ROUNDS * BATCH);
}, 300_000);
