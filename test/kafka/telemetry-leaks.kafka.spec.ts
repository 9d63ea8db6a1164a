import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { openLogEnd, type RecordedEvent } from '@lacuna/event-store';
import {
  startEventStoreDbDouble,
  startKafka,
  type EventStoreDbDouble,
  type KafkaCluster,
} from '@lacuna/testing';
import { relayPosition } from '../../apps/reactor/src/relay/index.js';
import { alertQueries, dashboardQueries, selectorsIn } from '../../infra/observability/queries.js';
import { Caller } from '../fault/product/calls.js';
import { wholeLog } from '../fault/product/log.js';
import { advanceClock, viewsCaughtUp } from '../fault/product/members.js';
import { killPostmaster, postmasterOf } from '../fault/product/processes.js';
import { until } from '../fault/product/waiting.js';
import { Collector } from '../fault/telemetry/collector.js';
import { heldBy, poison } from '../fault/telemetry/held.js';
import { leaksIn, type Said } from '../fault/telemetry/leaks.js';
import { Planting } from '../fault/telemetry/planted.js';
import { BEGIN, DAY, WALK, workOf } from '../fault/telemetry/work.js';
import { apps, Fleet } from './fleet.js';
import { untilPublished } from './relay-house.js';

const collector = new Collector();
const scrapes: string[] = [];
let kafka: KafkaCluster;
let log: EventStoreDbDouble;
let fleet: Fleet;
let caller: Caller;
let planting: Planting;
let logged: readonly RecordedEvent[];

const figures = async (): Promise<string> =>
  (await Promise.all(fleet.http().map(async (http) => (await fetch(`http://${http}/metrics`)).text()))).join(
    '\n',
  );

/** The figures of all that runs, kept to be looked into. */
const scrape = async (): Promise<void> => void scrapes.push(await figures());

/** The sum over all processes, and over all labels but one. */
const figure = async (name: string, label = ''): Promise<number> =>
  (await figures())
    .split('\n')
    .filter((line) => /^[^{ ]+/.exec(line)?.[0] === name && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);

const logs = (): Readonly<Record<string, string>> => {
  const folder = join(fleet.home, 'log');
  return Object.fromEntries(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
};

const said = (): Said => ({
  ...logs(),
  spans: collector.bodies.join('\n'),
  metrics: scrapes.join('\n'),
  ...Object.fromEntries(fleet.members.map(({ app, life }) => [`output of ${app}`, life?.output ?? ''])),
});

const recordSome = async (memberId: string): Promise<void> => {
  for (let index = 0; index < 8; index += 1) await planting.behaviour(memberId, DAY);
};

/** What an EventStoreDB does to its clients, while there is work. */
const disturbTheLog = async (memberId: string): Promise<void> => {
  const { faults } = log;
  for (const fault of ['loseAnswers', 'loseRequests', 'unavailable', 'timeouts'] as const) {
    faults[fault] = 3;
    await recordSome(memberId);
  }
  log.lead(1);
  await recordSome(memberId);
  faults.cutReadsAfter = 3;
  await recordSome(memberId);
  faults.cutReadsAfter = 0;
};

/** An erasure is asked for, and no write arrives any more when the reactor comes to it. */
const failAReaction = async (memberId: string): Promise<void> => {
  const reactor = fleet.members.find(({ app }) => app === 'reactor');
  reactor?.signal('SIGSTOP');
  await planting.erase(memberId);
  log.faults.loseRequests = Infinity;
  reactor?.signal('SIGCONT');
  await until(
    'a reaction has failed',
    async () => (await figure('lacuna_reaction_failures_total', 'kind="erase"')) > 0,
  );
  log.faults.loseRequests = 0;
};

/** The brokers go while there is something to publish, and come back. */
const takeKafkaAway = async (): Promise<void> => {
  for (const node of kafka.nodes) await node.kill();
  await planting.member();
  await until('the relay has tried in vain', async () => (await figure('lacuna_relay_retries_total')) > 0);
  await kafka.heal();
};

/** The database goes while calls are under way, and comes back. */
const cutTheDatabase = async (memberId: string): Promise<void> => {
  const before = postmasterOf(fleet.home);
  killPostmaster(fleet.home);
  await recordSome(memberId);
  await until('another server runs', () => ![undefined, before].includes(postmasterOf(fleet.home)));
  await fleet.whole();
};

const published = async (): Promise<void> => {
  const { store, close } = await openLogEnd(log.connectionString);
  const pool = new Pool({ connectionString: fleet.ownerUrl(), max: 1 });
  await untilPublished(() => relayPosition(pool), store);
  await Promise.all([pool.end(), close()]);
};

beforeAll(async () => {
  const otlp = await collector.open();
  [kafka, log] = await Promise.all([startKafka(), startEventStoreDbDouble({ nodes: 3 })]);
  fleet = new Fleet(1, {
    LACUNA_CLOCK: BEGIN,
    LACUNA_OTLP_URL: otlp,
    LACUNA_LOG_LEVEL: 'trace',
    LACUNA_LOG_URL: log.connectionString,
    LACUNA_KAFKA_BROKERS: kafka.brokers.join(','),
    LACUNA_KAFKA_REPLICATION: '1',
  });
  await fleet.start();
  caller = new Caller(fleet);
  planting = new Planting(fleet, caller, () => fleet.http());
  const [first = '', second = ''] = await workOf(planting);
  await scrape();
  await disturbTheLog(first);
  await scrape();
  await failAReaction(second);
  await scrape();
  await takeKafkaAway();
  await scrape();
  await cutTheDatabase(first);
  await advanceClock(caller, WALK);
  await viewsCaughtUp(caller);
  await poison(log.connectionString, planting, await wholeLog(fleet, log.connectionString));
  await until('the poisoned stream is parked', async () => (await figure('lacuna_view_parked_streams')) > 0);
  await published();
  await scrape();
  logged = await wholeLog(fleet, log.connectionString);
  await sleep(2_500);
}, 600_000);

afterAll(async () => {
  collector.close();
  caller.close();
  await fleet.remove();
  await log.close();
  await kafka.stop();
}, 120_000);

it('what is looked into is not empty: every app, the relay, and the trouble with the log, the brokers and the database', () => {
  const files = Object.keys(logs()).map((file) => file.replace(/-\d+\.log$/, ''));
  expect(files.sort()).toEqual(['admin-cli', ...apps].sort());
  const names = new Set(collector.spans.map(({ name }) => name));
  expect([...names].sort()).toEqual(['append', 'call', 'command', 'project', 'query', 'react', 'relay']);
  const lines = Object.values(logs()).join('\n');
  for (const trouble of [
    '"what":"erase"',
    'BROKER_UNAVAILABLE","what":"relay"',
    'the Kafka client says something',
    'the database had ended by itself',
    'a view is in trouble',
  ])
    expect(lines).toContain(trouble);
  expect([...planting.answers.keys()]).toEqual(
    expect.arrayContaining(['OK', 'FIELD_INVALID', 'TOKEN_INVALID', 'REQUEST_MALFORMED', 'MEMBER_NOT_FOUND']),
  );
  expect(new Set(logged.map(({ type }) => type)).size).toBeGreaterThan(8);
});

it('I10 no personal value, id, stream, key or token stands in any span, figure or line of any app', async () => {
  const secrets = [...planting.secrets, ...(await heldBy(fleet.home, caller, logged))];
  expect(secrets.length).toBeGreaterThan(300);
  expect(leaksIn(said(), secrets)).toEqual([]);
  expect(leaksIn({ headers: collector.headers.join('\n') }, planting.secrets)).toEqual([]);
}, 120_000);

it('every query of the dashboard and of the alerts asks for series that this run exposes, by their labels', () => {
  const text = scrapes.join('\n');
  const labelsOf = (metric: string): readonly string[] =>
    [...text.matchAll(new RegExp(`^${metric}(?:{([^}]*)})? `, 'gm'))].map(([, labels]) => labels ?? '');
  const selectors = [...alertQueries(), ...dashboardQueries()].flatMap(({ expr }) => selectorsIn(expr));
  for (const { metric, matchers, groups } of selectors) {
    if (metric === 'up') continue;
    expect(text).toContain(`# TYPE ${metric.replace(/_bucket$/, '')} `);
    const series = labelsOf(metric);
    expect([metric, series.length > 0]).toEqual([metric, true]);
    for (const label of [...matchers.map(({ label: name }) => name), ...groups])
      if (label !== 'instance')
        expect([metric, label, series[0]?.includes(`${label}="`)]).toEqual([metric, label, true]);
  }
});
