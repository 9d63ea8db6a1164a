import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { status, type ClientDuplexStream } from '@grpc/grpc-js';
import { limits, memberV1, readRpcStatus } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { carClub, commandModules, RegisterScript } from './command-doubles.js';
import { startTestServer, type TestServer } from './grpc-harness.js';

const script = new RegisterScript();
let server: TestServer;
let members: memberV1.MemberServiceClient;
type Stream = ClientDuplexStream<memberV1.RegisterMembersRequest, memberV1.RegisterMembersResponse>;

beforeAll(async () => {
  server = await startTestServer(
    ['lacuna.member.v1', 'lacuna.admin.v1'],
    commandModules(script, await carClub()),
  );
  members = server.client(memberV1.MemberServiceClient);
});
afterAll(() => server.stop());
beforeEach(() => {
  script.received.length = 0;
  script.highestInFlight = 0;
});
afterEach(() => stream.cancel());

const record = (requestId: string, mobile = '13800138000'): memberV1.RegisterMembersRequest => ({
  request: {
    requestId,
    processing: {
      channel: 'registration',
      lawfulBasis: 'contract',
      purposes: ['service'],
      noticeVersion: '',
      provenance: 'subject',
    },
    info: { name: '王小明', mobile },
  },
});
let stream: Stream;
const open = async (options = {}): Promise<Stream> => {
  const metadata = await server.as({ tenant: 'car-club', role: 'integrator' });
  stream = members.registerMembers(metadata, options);
  stream.on('error', () => undefined);
  return stream;
};

const collect = async (stream: Stream): Promise<memberV1.RegisterMembersResponse[]> => {
  const answers: memberV1.RegisterMembersResponse[] = [];
  for await (const answer of stream) answers.push(answer as memberV1.RegisterMembersResponse);
  return answers;
};
const numberOf = (requestId: string): number => Number(requestId.slice(2));

describe('the streaming form', () => {
  it('answers every record in the order of the requests, however long each takes, 64 at once', async () => {
    script.answer = async ({ frame }) => {
      const number = numberOf(frame.requestId);
      await delay(20 + (number % 7));
      return { memberId: frame.requestId, position: BigInt(number) };
    };
    await open();
    const answers = collect(stream);
    for (let i = 0; i < 500; i += 1) stream.write(record(`r-${i}`));
    stream.end();
    const ids = (await answers).map(({ requestId }) => requestId);
    expect(ids).toEqual(Array.from({ length: 500 }, (_, i) => `r-${i}`));
    expect(script.highestInFlight).toBeGreaterThan(32);
    expect(script.highestInFlight).toBeLessThanOrEqual(limits.maxRecordsInFlight);
  });

  it('A06 a refused record hurts no other: by its fields, by the domain, by an unexpected error', async () => {
    script.answer = ({ frame }) => {
      if (frame.requestId === 'r-2') return Promise.reject(new LacunaError('CLAIM_TAKEN'));
      if (frame.requestId === 'r-3') return Promise.reject(new TypeError('13800138000'));
      return Promise.resolve({ memberId: frame.requestId, position: 1n });
    };
    await open();
    const answers = collect(stream);
    for (const message of [record('r-0'), record('r-1', '1'), record('r-2'), record('r-3'), record('r-4')])
      stream.write(message);
    stream.write({ request: undefined });
    stream.end();
    const results = (await answers).map(({ result }) =>
      result?.$case === 'error' ? readRpcStatus(result.value).reason : result?.$case,
    );
    expect(results).toEqual([
      'registered',
      'FIELD_INVALID',
      'CLAIM_TAKEN',
      'INTERNAL',
      'registered',
      'FIELD_INVALID',
    ]);
  });

  it('holds back a sender who does not read the answers, and goes on when it does', async () => {
    script.answer = ({ frame }) => Promise.resolve({ memberId: frame.requestId.repeat(40), position: 1n });
    const total = 8_000;
    await open();
    let sent = 0;
    const sending = (async () => {
      for (; sent < total; sent += 1) if (!stream.write(record(`r-${sent}`))) await once(stream, 'drain');
      stream.end();
    })();
    // One answer, and no more: only then does a grpc-js client leave the rest to flow control.
    await once(stream, 'data');
    stream.pause();
    for (let last = -1; last !== script.received.length;) {
      last = script.received.length;
      await delay(700);
    }
    expect(script.received.length).toBeLessThan(total / 2);
    const rest = await collect(stream);
    await sending;
    expect(rest).toHaveLength(total - 1);
  });

  it('starts no further record when the caller has gone', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    script.answer = async () => {
      await held;
      return { memberId: 'm', position: 1n };
    };
    await open();
    for (let i = 0; i < 200; i += 1) stream.write(record(`r-${i}`));
    while (script.received.length < limits.maxRecordsInFlight) await delay(5);
    stream.cancel();
    await delay(100);
    release();
    await delay(200);
    expect(script.received).toHaveLength(limits.maxRecordsInFlight);
  });

  it('ends at the deadline', async () => {
    script.answer = () => new Promise(() => undefined);
    await open({ deadline: Date.now() + 200 });
    stream.write(record('r-0'));
    await expect(collect(stream)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });
});
