import { setTimeout as pause } from 'node:timers/promises';
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  type ClientUnaryCall,
  type handleUnaryCall,
  type MethodDefinition,
} from '@grpc/grpc-js';
import { apartFromCalls, assertAwaited, scopeCalls } from './call-scope.js';

const PATH = '/lacuna.member.v1.MemberService/RegisterMember';
const WORK_MS = 400;

const method: MethodDefinition<string, string> = {
  path: PATH,
  requestStream: false,
  responseStream: false,
  requestSerialize: (text) => Buffer.from(text),
  requestDeserialize: (bytes) => bytes.toString(),
  responseSerialize: (text) => Buffer.from(text),
  responseDeserialize: (bytes) => bytes.toString(),
};

let server: Server;
let port: number;
/** What came of each append, by the request. */
let appended: Map<string, unknown>;

/** What stands before an append, some time after the call came in. */
const append = async (request: string): Promise<void> => {
  await pause(WORK_MS);
  try {
    assertAwaited();
    appended.set(request, 'appended');
  } catch (error) {
    appended.set(request, (error as { code?: unknown }).code);
  }
};

const handler: handleUnaryCall<string, string> = (call, answer) => {
  const { request } = call;
  const work = request.startsWith('apart') ? apartFromCalls(() => append(request)) : append(request);
  void work.then(() => answer(null, request));
};

beforeAll(async () => {
  server = new Server({ interceptors: [scopeCalls] });
  server.addService({ call: method }, { call: handler });
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
});
afterAll(() => server.forceShutdown());
beforeEach(() => {
  appended = new Map();
});

const Caller = makeGenericClientConstructor({ call: method }, 'Caller');

const call = async (
  request: string,
  ending: Readonly<{ deadlineMs?: number; cancelAfterMs?: number }> = {},
): Promise<unknown> => {
  const { deadlineMs = 20_000, cancelAfterMs } = ending;
  const client = new Caller(`127.0.0.1:${port}`, credentials.createInsecure());
  let sent: ClientUnaryCall | null = null;
  const answered = new Promise<unknown>((resolve) => {
    sent = client.makeUnaryRequest(
      PATH,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + deadlineMs },
      (error, answer) => resolve(error ?? answer),
    );
  });
  if (cancelAfterMs !== undefined) {
    await pause(cancelAfterMs);
    (sent as ClientUnaryCall | null)?.cancel();
  }
  await answered;
  client.close();
  for (let n = 0; n < 200 && !appended.has(request); n += 1) await pause(10);
  return appended.get(request);
};

it('F07 a call whose caller waits appends', async () => {
  expect(await call('waits')).toBe('appended');
});

it('F07 a deadline that has passed stops what has not been appended', async () => {
  expect(await call('late', { deadlineMs: WORK_MS / 2 })).toBe('CALL_CANCELLED');
});

it('F07 a caller that hangs up stops what has not been appended', async () => {
  expect(await call('gone', { cancelAfterMs: WORK_MS / 2 })).toBe('CALL_CANCELLED');
});

it('F07 what a call has only begun goes on when its caller has gone', async () => {
  expect(await call('apart gone', { cancelAfterMs: WORK_MS / 2 })).toBe('appended');
  expect(await call('apart late', { deadlineMs: WORK_MS / 2 })).toBe('appended');
});

it('outside a call somebody always waits', () => {
  expect(() => assertAwaited()).not.toThrow();
});
