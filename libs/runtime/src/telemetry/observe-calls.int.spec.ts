import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  status,
  type handleUnaryCall,
  type MethodDefinition,
} from '@grpc/grpc-js';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { Metrics } from './metrics.js';
import { observeCalls } from './observe-calls.js';
import { currentTrace, inSpan, startTracing } from './tracing.js';

const vocabulary = { app: 'command-api', version: '1', codes: ['MEMBER_EXISTS', 'TOKEN_MISSING'] };
const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const register = '/lacuna.member.v1.MemberService/RegisterMember';
const record = '/lacuna.behaviour.v1.BehaviourService/RecordBehaviour';

const method = (path: string): MethodDefinition<string, string> => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (text) => Buffer.from(text),
  requestDeserialize: (bytes) => bytes.toString(),
  responseSerialize: (text) => Buffer.from(text),
  responseDeserialize: (bytes) => bytes.toString(),
});

/** Answers with the trace that its work is in, some ticks later, as a handler's is. */
const handler: handleUnaryCall<string, string> = (call, answer) => {
  setTimeout(() => {
    void inSpan('command', {}, () => Promise.resolve(currentTrace())).then((trace) =>
      call.request === 'refuse'
        ? answer({ code: status.ALREADY_EXISTS, details: 'canary' })
        : answer(null, trace ?? 'none'),
    );
  }, 5);
};

const definition = { register: method(register), record: method(record), guess: method('/canary/Canary') };
const Client = makeGenericClientConstructor(definition, 'Test');

const serve = async (metrics: Metrics) => {
  const refusing = (_method: unknown, call: ConstructorParameters<typeof ServerInterceptingCall>[0]) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            if (metadata.get('authorization').length > 0) pass(metadata);
            else call.sendStatus({ code: status.UNAUTHENTICATED, details: 'TOKEN_MISSING' });
          },
        });
      },
    });
  const codeOf = ({ code }: { code?: number }): string =>
    ({
      [status.OK]: 'OK',
      [status.ALREADY_EXISTS]: 'MEMBER_EXISTS',
      [status.UNAUTHENTICATED]: 'TOKEN_MISSING',
    })[code ?? 0] ?? 'INTERNAL';
  const server = new Server({ interceptors: [observeCalls({ metrics, codeOf }), refusing] });
  server.addService(definition, { register: handler, record: handler, guess: handler });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
  const call = (path: string, request: string, headers: Record<string, string> = {}): Promise<string> => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries({ authorization: 'x', ...headers }))
      if (value !== '') metadata.set(name, value);
    const { requestSerialize, responseDeserialize } = definition.register;
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        (error, answer) => resolve(error ? String(error.code) : (answer ?? '')),
      );
    });
  };
  const stop = (): void => {
    client.close();
    server.forceShutdown();
  };
  return { call, stop };
};

const run = async (work: (call: Awaited<ReturnType<typeof serve>>['call']) => Promise<void>) => {
  const metrics = new Metrics(vocabulary);
  const spans: ReadableSpan[] = [];
  const memory = new InMemorySpanExporter();
  const stopTracing = startTracing({
    vocabulary,
    to: {
      export: (batch, done) => {
        spans.push(...batch);
        memory.export(batch, done);
      },
      shutdown: () => memory.shutdown(),
    },
  });
  const { call, stop } = await serve(metrics);
  await work(call);
  stop();
  await stopTracing();
  return { spans, text: await metrics.text() };
};

it("a call goes on in its caller's trace, and what it does some ticks later is below it", async () => {
  let answer = '';
  const { spans, text } = await run(async (call) => {
    answer = await call(register, 'x', { traceparent: caller });
  });
  const outer = spans.find(({ name }) => name === 'call');
  const inner = spans.find(({ name }) => name === 'command');
  expect(answer).toContain('0af7651916cd43dd8448eb211c80319c');
  expect(outer?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(text).toContain(
    'lacuna_calls_total{method="lacuna.member.v1.MemberService/RegisterMember",code="OK"} 1',
  );
  expect(text).toContain('lacuna_calls_open 0');
});

it('calls that are refused, by an interceptor too, are counted by their code', async () => {
  const { spans, text } = await run(async (call) => {
    await call(register, 'refuse');
    await call(register, 'x', { authorization: '' });
  });
  expect(text).toMatch(/RegisterMember",code="MEMBER_EXISTS"} 1/);
  expect(text).toMatch(/RegisterMember",code="TOKEN_MISSING"} 1/);
  expect(
    spans.flatMap(({ name, attributes }) => (name === 'call' ? [attributes['lacuna.code']] : [])),
  ).toEqual(['MEMBER_EXISTS', 'TOKEN_MISSING']);
});

it('I10 a call that leaves a behaviour is in no trace of its caller, and is not counted by itself', async () => {
  let answer = '';
  const { spans, text } = await run(async (call) => {
    answer = await call(record, 'x', { traceparent: caller });
  });
  expect(answer).not.toContain('0af7651916cd43dd8448eb211c80319c');
  expect(spans.filter(({ name }) => name === 'call')).toEqual([]);
  expect(text).not.toContain('RecordBehaviour');
});

it('I10 says nothing of a method that is not ours, and of what was sent in place of a traceparent', async () => {
  const { spans, text } = await run(async (call) => {
    await call('/canary/Canary', 'canary', { traceparent: 'canary-19900012345' });
  });
  const said = JSON.stringify(spans.map(({ name, attributes }) => [name, attributes])) + text;
  expect(said).not.toMatch(/canary|19900012345/i);
  expect(text).toMatch(/lacuna_calls_total{method="other",code="OK"} 1/);
});
