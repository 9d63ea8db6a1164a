import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { RecordBehaviours } from '@lacuna/application';
import { behaviourV1, limits, readRpcStatus } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { BehaviourScript, behaviourModules } from './behaviour-doubles.js';
import { carClub, MEMBER } from './command-doubles.js';
import { startTestServer, type TestServer } from './grpc-harness.js';

type Stream = ClientDuplexStream<behaviourV1.RecordBehavioursRequest, behaviourV1.RecordBehavioursResponse>;

const script = new BehaviourScript();
let server: TestServer;
let behaviours: behaviourV1.BehaviourServiceClient;
let stream: Stream;

beforeAll(async () => {
  server = await startTestServer(['lacuna.behaviour.v1'], behaviourModules(script, await carClub()));
  behaviours = server.client(behaviourV1.BehaviourServiceClient);
});
afterAll(() => server.stop());
beforeEach(() => {
  script.received.length = 0;
  script.refuse = null;
  script.gate = () => Promise.resolve();
  script.record = ({ recordId }) => ({ kind: 'recorded', behaviourId: `h-${recordId}`, day: '1998-06-30' });
});
afterEach(() => stream.cancel());

const open = async (): Promise<Stream> => {
  stream = behaviours.recordBehaviours(await server.as({ tenant: 'car-club', role: 'integrator' }));
  stream.on('error', () => undefined);
  return stream;
};

const usual = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '',
  provenance: 'subject',
};

const record = (n: number, change: Partial<behaviourV1.RecordBehaviourRequest> = {}) => ({
  request: {
    requestId: `r-${n}`,
    processing: usual,
    behaviour: {
      member: { $case: 'memberId', value: MEMBER } as const,
      kind: 'service-need',
      occurred: '1998-06-30',
      details: { text: 'x' },
    },
    ...change,
  },
});

const collect = async (from: Stream): Promise<behaviourV1.RecordBehavioursResponse[]> => {
  const answers: behaviourV1.RecordBehavioursResponse[] = [];
  for await (const answer of from) answers.push(answer as behaviourV1.RecordBehavioursResponse);
  return answers;
};
const said = ({ result }: behaviourV1.RecordBehavioursResponse): string | undefined =>
  result?.$case === 'error' ? (readRpcStatus(result.value).reason ?? undefined) : result?.value.behaviourId;
const sizes = (): readonly number[] => script.of(RecordBehaviours).map(({ records }) => records.length);

it('records together what has arrived, 500 at most, and answers in the order of the requests', async () => {
  script.gate = () => delay(300);
  await open();
  const answers = collect(stream);
  for (let n = 0; n < 3_000; n += 1) stream.write(record(n));
  stream.end();
  expect((await answers).map(said)).toEqual(Array.from({ length: 3_000 }, (_, n) => `h-r-${n}`));
  expect(Math.max(...sizes())).toBe(limits.maxRecordsInBatch);
  // Far fewer commands than records: what arrives during one batch makes the next.
  expect(sizes().length).toBeLessThan(60);
  const ids = script.of(RecordBehaviours).flatMap(({ records }) => records.map(({ recordId }) => recordId));
  expect(ids).toEqual(Array.from({ length: 3_000 }, (_, n) => `r-${n}`));
});

it('a lone record is not kept waiting for company', async () => {
  await open();
  stream.write(record(1));
  const [answer] = (await once(stream, 'data')) as [behaviourV1.RecordBehavioursResponse];
  expect(said(answer)).toBe('h-r-1');
});

it('A06 a refused record hurts no other: by its form, by the domain, by an unexpected error', async () => {
  script.record = ({ recordId }) =>
    recordId === 'r-2'
      ? { kind: 'refused', error: new LacunaError('OCCURRED_IN_FUTURE') }
      : recordId === 'r-3'
        ? { kind: 'refused', error: new TypeError('13800138000') }
        : { kind: 'recorded', behaviourId: `h-${recordId}`, day: '1998-06-30' };
  await open();
  const answers = collect(stream);
  for (const message of [record(0), record(1, { requestId: ' ' }), record(2), record(3), record(4)])
    stream.write(message);
  stream.write({ request: undefined });
  stream.end();
  expect((await answers).map(said)).toEqual([
    'h-r-0',
    'FIELD_INVALID',
    'OCCURRED_IN_FUTURE',
    'INTERNAL',
    'h-r-4',
    'FIELD_INVALID',
  ]);
  expect(JSON.stringify(await answers)).not.toContain('13800138000');
});

it('R003 R013 what is handled differently goes in commands of its own, and is answered in its place', async () => {
  await open();
  const answers = collect(stream);
  const other = { ...usual, channel: 'customer-service' };
  for (let n = 0; n < 10; n += 1) stream.write(record(n, { processing: n % 3 === 0 ? other : usual }));
  stream.end();
  expect((await answers).map(said)).toEqual(Array.from({ length: 10 }, (_, n) => `h-r-${n}`));
  for (const { frame, records } of script.of(RecordBehaviours))
    for (const { recordId } of records)
      expect([recordId, frame.processing.channel]).toEqual([
        recordId,
        Number(recordId.slice(2)) % 3 === 0 ? 'customer-service' : 'registration',
      ]);
});

it('what ends a whole batch is the answer of each of its records', async () => {
  script.refuse = new LacunaError('NIGHT_CLOSED');
  await open();
  const answers = collect(stream);
  for (let n = 0; n < 5; n += 1) stream.write(record(n));
  stream.end();
  expect((await answers).map(said)).toEqual(Array.from({ length: 5 }, () => 'NIGHT_CLOSED'));
});

it('holds back a sender who does not read the answers, and goes on when it does', async () => {
  script.record = ({ recordId }) => ({
    kind: 'recorded',
    behaviourId: recordId.repeat(40),
    day: '1998-06-30',
  });
  const total = 8_000;
  await open();
  let sent = 0;
  const sending = (async () => {
    for (; sent < total; sent += 1) if (!stream.write(record(sent))) await once(stream, 'drain');
    stream.end();
  })();
  await once(stream, 'data');
  stream.pause();
  const received = (): number => sizes().reduce((sum, size) => sum + size, 0);
  for (let last = -1; last !== received();) {
    last = received();
    await delay(300);
  }
  expect(received()).toBeLessThan(total / 2);
  const rest = await collect(stream);
  await sending;
  expect(rest).toHaveLength(total - 1);
});

it('starts no further batch when the caller has gone', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  script.gate = () => held;
  await open();
  for (let n = 0; n < 3_000; n += 1) stream.write(record(n));
  while (script.received.length < 1) await delay(5);
  await delay(100);
  stream.cancel();
  await delay(100);
  release();
  await delay(200);
  expect(script.received).toHaveLength(1);
});
