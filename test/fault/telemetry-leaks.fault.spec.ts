import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { pino } from 'pino';
import { createPostgresEventStore, type RecordedEvent } from '@lacuna/event-store';
import { parseTraceparent } from '@lacuna/runtime';
import { alertQueries, dashboardQueries, selectorsIn } from '../../infra/observability/queries.js';
import { Caller } from './product/calls.js';
import { wholeLog } from './product/log.js';
import { advanceClock, viewsCaughtUp } from './product/members.js';
import { killPostmaster, postmasterOf } from './product/processes.js';
import { Product } from './product/product.js';
import { until } from './product/waiting.js';
import { Collector } from './telemetry/collector.js';
import { leaksIn, type Said, type Secret } from './telemetry/leaks.js';
import { callersTrace, Planting } from './telemetry/planted.js';

const DAY = '2026-11-20';
const MEMBERS = 6;
const BEHAVIOURS = 90;

const collector = new Collector();
let product: Product;
let caller: Caller;
let planting: Planting;
let logged: readonly RecordedEvent[];
const scrapes: string[] = [];

const scrape = async (): Promise<string> => {
  const http = product.addresses()?.http ?? '';
  const text = await (await fetch(`http://${http}/metrics`)).text();
  scrapes.push(text);
  return text;
};

const logFile = (): string => join(product.home, 'log', 'lacuna.log');

const said = (): Said => ({
  spans: collector.bodies.join('\n'),
  metrics: scrapes.join('\n'),
  log: readFileSync(logFile(), 'utf8'),
  output: product.life?.output ?? '',
});

/** An event that no view can apply, in a stream that nobody looks at. */
const poison = async (): Promise<void> => {
  const store = createPostgresEventStore({ connectionString: product.ownerUrl() });
  const stranger = '0000dead-0000-4000-8000-00000000dead';
  const [first] = await wholeLog(product);
  const { metadata } = first as RecordedEvent;
  const sealed = planting.secret('value of a poisoned event', 'canarysealed');
  const data = { memberId: stranger, correctionId: stranger, changes: { mobile: { sealed } } };
  await store.append({
    stream: `car-club.member-${planting.secret('member of a poisoned event', stranger)}`,
    expected: 'none',
    events: [{ id: stranger, type: 'InfoCorrected', schemaVersion: 1, data, metadata }],
    now: metadata.occurredAt,
  });
  await store.close();
};

const work = async (): Promise<void> => {
  const members: string[] = [];
  for (let index = 0; index < MEMBERS; index += 1) members.push(await planting.member());
  const [first = '', second = '', third = ''] = members;
  for (let index = 0; index < BEHAVIOURS; index += 1)
    await planting.behaviour(members[index % MEMBERS] ?? '', DAY);
  await planting.activity(members, '2026-11-22T10:00:00+08:00');
  for (const member of members) await planting.read(member);
  await planting.correct(second);
  await planting.erase(third);
  await planting.wrongly(first);
  await scrape();
};

/** The database goes while calls are under way, and comes back. */
const cutTheDatabase = async (): Promise<void> => {
  const before = postmasterOf(product.home);
  const during = Array.from({ length: 20 }, () => planting.behaviour(planting.secrets[0]?.value ?? '', DAY));
  killPostmaster(product.home);
  await Promise.all(during);
  await planting.wrongly('0000cafe-0000-4000-8000-00000000cafe');
  await until('another server runs', () => ![undefined, before].includes(postmasterOf(product.home)));
  await until('the product is ready again', async () => (await scrape()).includes('\nlacuna_ready 1\n'));
};

/** What the store itself holds that may not be told: the names and ids of what people did, keys, tokens. */
const held = async (): Promise<readonly Secret[]> => {
  const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
  const ofLog = logged.flatMap(({ id, stream, type, data }): Secret[] => [
    { what: `id of a ${type}`, value: id },
    { what: `stream of a ${type}`, value: uuids.exec(stream)?.[0] ?? '' },
    ...Object.values(data).flatMap((value): Secret[] => {
      const sealed = (value as { sealed?: unknown } | null)?.sealed;
      return typeof sealed === 'string' ? [{ what: `sealed value of a ${type}`, value: sealed }] : [];
    }),
  ]);
  const folder = join(product.home, 'keys');
  const keys = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .flatMap((text) => text.match(/[A-Za-z0-9+/_=-]{40,}/g) ?? []);
  const { as } = await caller.services();
  const token = String(as('integrator').get('authorization')[0]).replace('Bearer ', '');
  return [
    ...ofLog.filter(({ value }) => value !== ''),
    ...keys.map((value) => ({ what: 'key', value })),
    { what: 'token', value: token },
  ];
};

beforeAll(async () => {
  const url = await collector.open();
  product = new Product('2026-11-20T10:00+08:00', { LACUNA_OTLP_URL: url, LACUNA_LOG_LEVEL: 'trace' });
  await product.start();
  caller = new Caller(product);
  planting = new Planting(product, caller);
  await work();
  await cutTheDatabase();
  await advanceClock(caller, 'P3D');
  await viewsCaughtUp(caller);
  await poison();
  await until('the poisoned stream is parked', async () =>
    /lacuna_view_parked_streams{view="member-directory"} 1/.test(await scrape()),
  );
  logged = await wholeLog(product);
  await sleep(2_500);
}, 600_000);

afterAll(async () => {
  collector.close();
  caller.close();
  await product.remove();
}, 60_000);

it('what is looked into is not empty: every kind of span, figure and answer is there', () => {
  const names = new Set(collector.spans.map(({ name }) => name));
  expect([...names].sort()).toEqual(['append', 'call', 'command', 'project', 'query', 'react']);
  expect(collector.spans.length).toBeGreaterThan(100);
  expect([...planting.answers.keys()]).toEqual(
    expect.arrayContaining(['OK', 'FIELD_INVALID', 'TOKEN_INVALID', 'REQUEST_MALFORMED', 'MEMBER_NOT_FOUND']),
  );
  expect(planting.secrets.length).toBeGreaterThan(200);
  expect(scrapes.at(-1)).toMatch(/lacuna_commands_total{command="RegisterMember",code="OK"} 6/);
  expect(said()['log']?.split('\n').length).toBeGreaterThan(5);
  expect(new Set(logged.map(({ type }) => type)).size).toBeGreaterThan(8);
});

it('I10 no personal value, id, stream, key or token stands in any span, figure or line of the log', async () => {
  const all = [...planting.secrets, ...(await held())];
  const secrets = [...new Map(all.map((secret) => [secret.value, secret])).values()];
  expect(leaksIn(said(), secrets)).toEqual([]);
  expect(leaksIn({ headers: collector.headers.join('\n') }, planting.secrets)).toEqual([]);
}, 120_000);

it('I10 the search finds what leaks: a line, a span and a figure that say a value', async () => {
  const [secret] = planting.secrets;
  const value = secret?.value ?? '';
  const lines: string[] = [];
  pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }).info({ who: value }, 'x');
  const received = new Collector();
  const provider = new TracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: await received.open() }) }),
    ],
  });
  const span = provider.getTracer('rogue').startSpan('rogue', { attributes: { who: value } });
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
  received.close();
  const rogue: Said = {
    log: lines.join(''),
    spans: received.bodies.join('\n'),
    metrics: `rogue_total{who="${encodeURIComponent(value)}"} 1`,
  };
  const found = leaksIn(rogue, secret === undefined ? [] : [secret]);
  expect([...new Set(found.map(({ where }) => where))].sort()).toEqual(['log', 'metrics', 'spans']);
});

it('an event says which trace it came out of, and a span of that trace was exported', () => {
  const registrations = logged.filter(({ type }) => type === 'MemberRegistered');
  const exported = new Set(collector.spans.map(({ traceId }) => traceId));
  expect(registrations.length).toBe(MEMBERS);
  for (const { metadata } of registrations) {
    expect(parseTraceparent(metadata.trace)?.traceId).toBe(callersTrace);
    expect(exported.has(callersTrace)).toBe(true);
  }
  const linked = collector.spans.filter(({ name, links }) => name === 'project' && (links?.length ?? 0) > 0);
  expect(linked.length).toBeGreaterThan(0);
});

it("I10 a behaviour, a sign-up, a read and an identity are in no trace of their caller's, nor say one", () => {
  const silent = logged.filter(
    ({ stream }) => !/\.(member|activity|imports|custody|retention)-/.test(stream),
  );
  const signUps = logged.filter(({ type }) => type === 'ParticipantSignedUp');
  const kinds = new Set([...silent, ...signUps].map(({ type }) => type));
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'BehaviourRecorded',
      'PersonalDataRead',
      'RealNameVerified',
      'ParticipantSignedUp',
    ]),
  );
  for (const { metadata } of [...silent, ...signUps]) expect(metadata).not.toHaveProperty('trace');
  const commandOf = ({ attributes }: (typeof collector.spans)[number]): string =>
    attributes.find(({ key }) => key === 'lacuna.command')?.value.stringValue ?? '';
  const apart = collector.spans.filter((span) => ['RecordBehaviours', 'SignUp'].includes(commandOf(span)));
  expect(apart.length).toBeGreaterThanOrEqual(20);
  const traces = apart.map(({ traceId }) => traceId);
  expect(new Set(traces).size).toBe(traces.length);
  expect(traces).not.toContain(callersTrace);
  for (const { startTimeUnixNano, parentSpanId } of apart) {
    expect(BigInt(startTimeUnixNano) % 86_400_000_000_000n).toBe(0n);
    expect(parentSpanId ?? '').toBe('');
  }
  const others = collector.spans.filter(({ traceId }) => traces.includes(traceId));
  expect(others.length).toBe(apart.length);
});

/** What this run has no occasion for: Kafka is not there, and nothing that is due fails. */
const WITHOUT_OCCASION = ['lacuna_relay_position', 'lacuna_relay_lag', 'lacuna_reaction_failures_total'];

it('every query of the dashboard and of the alerts asks for series that this run exposes, by their labels', () => {
  const text = scrapes.join('\n');
  const labelsOf = (metric: string): readonly string[] =>
    [...text.matchAll(new RegExp(`^${metric}(?:{([^}]*)})? `, 'gm'))].map(([, labels]) => labels ?? '');
  const selectors = [...alertQueries(), ...dashboardQueries()].flatMap(({ expr }) => selectorsIn(expr));
  for (const { metric, matchers, groups } of selectors) {
    if (metric === 'up') continue;
    expect(text).toContain(`# TYPE ${metric.replace(/_bucket$/, '')} `);
    const series = labelsOf(metric);
    if (WITHOUT_OCCASION.includes(metric)) continue;
    expect([metric, series.length > 0]).toEqual([metric, true]);
    for (const label of [...matchers.map(({ label: name }) => name), ...groups])
      if (label !== 'instance')
        expect([metric, label, series[0]?.includes(`${label}="`)]).toEqual([metric, label, true]);
  }
});
