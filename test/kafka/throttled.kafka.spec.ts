import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { topicOf } from '@lacuna/contracts';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { kafkaClassPath } from '../../infra/kafka/jars.js';
import { appendLoad, openRelayHouse, relayTo } from './relay-house.js';
import { dropRepeats, inversions, lost, readTopic } from './topic-reader.js';

const EVENTS = 2_000;
/** The broker looks back over eleven seconds: as much as it allows in these goes out at once, and half of all has to wait. */
const BYTES_PER_SECOND = 40_000;

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
}, 180_000);
afterAll(() => kafka.stop());

/** What an operator does to a client that takes too much: the broker answers it late. */
const throttle = (): Promise<unknown> =>
  promisify(execFile)('java', [
    ...['-Xmx128m', '-cp', kafkaClassPath(), 'kafka.admin.ConfigCommand'],
    ...['--bootstrap-server', kafka.brokers.join(','), '--alter'],
    ...['--entity-type', 'clients', '--entity-name', 'lacuna-relay'],
    ...['--add-config', `producer_byte_rate=${BYTES_PER_SECOND}`],
  ]);

it('C04 a relay that the brokers throttle is slow, and neither loses nor begins again', async () => {
  await throttle();
  const house = await openRelayHouse();
  const ids = await appendLoad(house, { events: EVENTS, members: 20, perAppend: 10 });
  const troubles: string[] = [];
  const relay = relayTo(house, kafka.brokers, { onTrouble: (code) => void troubles.push(code) });
  const began = performance.now();
  relay.start();
  await house.published(120_000);
  const seconds = (performance.now() - began) / 1_000;
  await relay.stop();
  const reader = await readTopic(kafka.brokers, topicOf('member'));
  await reader.until((records) => records.length >= ids.length, 20_000);
  await reader.quiet();
  await reader.stop();
  expect(lost(ids, reader.records)).toEqual([]);
  expect(inversions(reader.records)).toBe(0);
  expect(dropRepeats(reader.records)).toHaveLength(ids.length);
  expect(troubles).toEqual([]);
  // So many bytes could not go out sooner.
  expect(seconds).toBeGreaterThan(3);
}, 240_000);
