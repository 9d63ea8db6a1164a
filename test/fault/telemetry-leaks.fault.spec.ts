import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { pino } from 'pino';
import type { RecordedEvent } from '@lacuna/event-store';
import { parseTraceparent } from '@lacuna/runtime';
import { Caller } from './product/calls.js';
import { wholeLog } from './product/log.js';
import { advanceClock, viewsCaughtUp } from './product/members.js';
import { killPostmaster, postmasterOf } from './product/processes.js';
import { Product } from './product/product.js';
import { until } from './product/waiting.js';
import { Collector } from './telemetry/collector.js';
import { heldBy, poison } from './telemetry/held.js';
import { leaksIn, type Said } from './telemetry/leaks.js';
import { callersTrace, Planting } from './telemetry/planted.js';
import { BEGIN, DAY, MEMBERS, WALK, workOf } from './telemetry/work.js';

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

beforeAll(async () => {
  const url = await collector.open();
  product = new Product(BEGIN, { LACUNA_OTLP_URL: url, LACUNA_LOG_LEVEL: 'trace' });
  await product.start();
  caller = new Caller(product);
  planting = new Planting(product, caller, () => [product.addresses()?.http ?? '']);
  await workOf(planting);
  await scrape();
  await cutTheDatabase();
  await advanceClock(caller, WALK);
  await viewsCaughtUp(caller);
  await poison(product.ownerUrl(), planting, await wholeLog(product));
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
  const secrets = [...planting.secrets, ...(await heldBy(product.home, caller, logged))];
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
