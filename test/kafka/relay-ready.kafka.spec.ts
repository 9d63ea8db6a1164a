import { setTimeout as sleep } from 'node:timers/promises';
import { serversOf } from '@lacuna/runtime';
import { startKafka, type KafkaCluster } from '@lacuna/testing';
import { Caller } from '../fault/product/calls.js';
import { callOf } from '../fault/product/commands.js';
import { People, service } from '../fault/product/people.js';
import { until } from '../fault/product/waiting.js';
import { Fleet } from './fleet.js';

/** As an orchestrator asks. */
const PROBE_MS = 10_000;
const NOTICED_MS = 30_000;

let kafka: KafkaCluster;
let fleet: Fleet;
let caller: Caller;
beforeAll(async () => {
  kafka = await startKafka();
  fleet = new Fleet(1, {
    LACUNA_KAFKA_BROKERS: kafka.brokers.join(','),
    LACUNA_KAFKA_REPLICATION: '1',
  });
  await fleet.start();
  caller = new Caller(fleet.seenBy(0));
}, 300_000);
afterAll(async () => {
  caller.close();
  await fleet.remove();
  await kafka.stop();
}, 120_000);

const people = new People(7);
const register = async (number: number): Promise<void> => {
  const request = { requestId: `ready-${number}`, processing: service, info: people.next() };
  await caller.untilAnswered(callOf({ kind: 'register', request }));
};

type Probe = Readonly<{ status: number; text: string }>;

const probe = async (app: string): Promise<Probe> => {
  const address = serversOf(fleet.home).find((one) => one.app === app);
  const answer = await fetch(`http://${address?.http}/health/ready`, { signal: AbortSignal.timeout(5_000) });
  return { status: answer.status, text: await answer.text() };
};

it('C01 C04 a reactor that cannot publish what waits is not ready within 30 s, stays so, and is again when the broker is back', async () => {
  await register(0);
  await until('all is published', async () => (await probe('reactor')).status === 200);
  kafka.nodes[0]!.pause();
  await register(1);
  const began = performance.now();
  let seen = await probe('reactor');
  while (seen.status === 200 && performance.now() - began < NOTICED_MS) {
    await sleep(PROBE_MS - 100);
    seen = await probe('reactor');
  }
  expect(performance.now() - began).toBeLessThan(NOTICED_MS);
  expect(seen.status).toBe(503);
  expect(seen.text).toMatch(/relay/);
  // However often it begins again: to begin is not to come on.
  const statuses: number[] = [];
  for (let probes = 0; probes < 20; probes += 1) {
    await sleep(1_500);
    statuses.push((await probe('reactor')).status);
  }
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect((await probe('command-api')).status).toBe(200);
  kafka.nodes[0]!.resume();
  await until('it is ready again', async () => (await probe('reactor')).status === 200);
}, 300_000);
