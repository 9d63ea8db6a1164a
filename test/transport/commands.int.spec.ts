import { status } from '@grpc/grpc-js';
import { adminV1, limits, memberV1, type RefusedCall } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import { carClub, commandModules, MEMBER, RegisterScript, ScriptedClock } from './command-doubles.js';
import { outcome, refusalOf, startTestServer, type TestServer } from './grpc-harness.js';
import { framed, lengthPrefix, rawStatus } from './raw-call.js';

const script = new RegisterScript();
const clock = new ScriptedClock();
const integrator = { tenant: 'car-club', role: 'integrator' };
let server: TestServer;
let members: memberV1.MemberServiceClient;
let admin: adminV1.AdminServiceClient;

beforeAll(async () => {
  server = await startTestServer(
    ['lacuna.member.v1', 'lacuna.admin.v1'],
    commandModules(script, await carClub(), clock),
  );
  members = server.client(memberV1.MemberServiceClient);
  admin = server.client(adminV1.AdminServiceClient);
});
afterAll(() => server.stop());
beforeEach(() => {
  script.received.length = 0;
  script.highestInFlight = 0;
  script.answer = () => Promise.resolve({ memberId: MEMBER, position: 9_007_199_254_740_993n });
});

const processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '2026-01',
  provenance: 'subject',
};
const request = (change: Partial<memberV1.RegisterMemberRequest> = {}): memberV1.RegisterMemberRequest => ({
  requestId: 'r-1',
  processing,
  info: { name: '王小明', mobile: '13800138000' },
  ...change,
});

const REGISTER = memberV1.MemberServiceService.registerMember.path;
const authorization = async () => String((await server.as(integrator)).get('authorization')[0]);
const register = async (message = request(), who = integrator) => {
  const metadata = await server.as(who);
  return await outcome<memberV1.RegisterMemberResponse>((done) =>
    members.registerMember(message, metadata, done),
  );
};
const refused = async (message: memberV1.RegisterMemberRequest): Promise<RefusedCall> => {
  const result = await register(message);
  if ('answer' in result) throw new Error('the call was answered');
  return result.refused;
};

describe('a command over gRPC', () => {
  it('hands on what came in, with tenant and actor of the token, and answers with a 64-bit position as text', async () => {
    expect(await register()).toEqual({ answer: { memberId: MEMBER, position: '9007199254740993' } });
    expect(script.received[0]).toMatchObject({
      frame: {
        caller: { tenant: 'car-club', actorId: 'demo-integrator', role: 'integrator', client: 'demo' },
        requestId: 'r-1',
        processing,
      },
      info: { name: '王小明', mobile: '13800138000' },
    });
    expect(Object.keys(script.received[0]!.info)).toEqual(['name', 'mobile']);
  });

  it('R001 R118 refuses fields by the domain rules, named as in the proto, without a value', async () => {
    const refusal = await refused(
      request({
        info: { name: '王小明', mobile: '12800138000', customerNumber: ' x', joinedOn: '1997-02-30' },
      }),
    );
    expect(refusal).toMatchObject({ grpcCode: status.INVALID_ARGUMENT, reason: 'FIELD_INVALID' });
    expect(refusal.violations).toEqual([
      { field: 'info.mobile', rule: 'mobile' },
      { field: 'info.joined_on', rule: 'date' },
      { field: 'info.customer_number', rule: 'text' },
    ]);
    expect(JSON.stringify(refusal)).not.toContain('12800138000');
    expect(script.received).toEqual([]);
  });

  it('R003 R013 refuses a request that says neither who asks again nor how the data came', async () => {
    const refusal = await refused({ requestId: '', processing: undefined, info: undefined });
    expect(refusal.violations.map(({ field }) => field).sort()).toEqual(['info', 'processing', 'request_id']);
    const empty = { channel: '', lawfulBasis: '', purposes: [], noticeVersion: '', provenance: '' };
    expect((await refused(request({ processing: empty }))).violations).toEqual([
      { field: 'processing.channel', rule: 'required' },
      { field: 'processing.lawful_basis', rule: 'required' },
      { field: 'processing.purposes', rule: 'required' },
      { field: 'processing.provenance', rule: 'required' },
    ]);
  });

  it('gives what the domain refuses its place in the message', async () => {
    script.answer = () =>
      Promise.reject(
        new LacunaError('FIELD_INVALID', 'refused', [
          { field: 'joinedOn', rule: 'date-in-future' },
          { field: 'channel', rule: 'CHANNEL_UNKNOWN R003 000§2.2' },
        ]),
      );
    expect((await refused(request())).violations).toEqual([
      { field: 'info.joined_on', rule: 'date-in-future' },
      { field: 'processing.channel', rule: 'CHANNEL_UNKNOWN R003 000§2.2' },
    ]);
  });

  it('shows nothing of an unexpected error but an id', async () => {
    script.answer = () => Promise.reject(new Error('invalid input: 13800138000'));
    const refusal = await refused(request());
    expect(refusal).toMatchObject({ grpcCode: status.INTERNAL, reason: 'INTERNAL' });
    expect(refusal.errorId).toMatch(/^[0-9a-f-]{36}$/);
    expect(refusal.message).toBe(`internal error ${refusal.errorId ?? ''}`);
  });

  it('F04 takes a message just below 4 MiB', async () => {
    const metadata = await server.as(integrator);
    const name = '王'.repeat(Math.floor((limits.maxMessageBytes - 1_000) / 3));
    const refusal = await refusalOf((done) =>
      members.registerMember(request({ info: { name } }), metadata, done),
    );
    expect(refusal.violations).toEqual([{ field: 'info.name', rule: 'too-long' }]);
  });

  it.each([limits.maxMessageBytes + 1, 2 ** 30])(
    'F04 refuses a message of %d bytes by its prefix, before one byte of it has come',
    async (length) => {
      const headers = { authorization: await authorization() };
      expect(await rawStatus({ url: server.url, path: REGISTER, headers, body: lengthPrefix(length) })).toBe(
        status.RESOURCE_EXHAUSTED,
      );
    },
  );

  it('answers bytes that are no message as the caller’s fault', async () => {
    const metadata = await server.as(integrator);
    const refusal = await refusalOf((done) =>
      members.makeUnaryRequest(
        memberV1.MemberServiceService.registerMember.path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from([0x0a, 0xff, 0xff]),
        metadata,
        {},
        done as (error: unknown, answer?: Buffer) => void,
      ),
    );
    expect(refusal).toMatchObject({ grpcCode: status.INVALID_ARGUMENT, reason: 'REQUEST_MALFORMED' });
  });

  it('starts nothing for a caller whose deadline has passed', async () => {
    const message = {
      url: server.url,
      path: REGISTER,
      body: framed(memberV1.RegisterMemberRequest.encode(request()).finish()),
      end: true,
    };
    const headers = { authorization: await authorization() };
    expect(await rawStatus({ ...message, headers: { ...headers, 'grpc-timeout': '1n' } })).toBe(
      status.DEADLINE_EXCEEDED,
    );
    expect(script.received).toEqual([]);
    expect(await rawStatus({ ...message, headers: { ...headers, 'grpc-timeout': '20S' } })).toBe(status.OK);
    expect(script.received).toHaveLength(1);
  });
});

describe('the operator’s calls', () => {
  const advance = async (by: string, role: string): Promise<adminV1.AdvanceClockResponse[]> => {
    const stops: adminV1.AdvanceClockResponse[] = [];
    const stream = admin.advanceClock({ by }, await server.as({ tenant: 'car-club', role }));
    for await (const stop of stream) stops.push(stop as adminV1.AdvanceClockResponse);
    return stops;
  };

  it('walks stop by stop and says when it is there', async () => {
    expect((await advance('PT25H', 'operator')).map(({ stop, done }) => [stop, done])).toEqual([
      ['nightly-run', false],
      ['target', true],
    ]);
  });

  it('R054 refuses whoever the pack does not make an operator', async () => {
    await expect(advance('PT25H', 'integrator')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    await expect(outcome((done) => admin.confirmClockJump({}, done))).resolves.toMatchObject({
      refused: { reason: 'TOKEN_MISSING' },
    });
  });

  it('refuses a real clock and words that are no duration', async () => {
    await expect(advance('P1D', 'operator')).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
    await expect(advance('tomorrow', 'operator')).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});
