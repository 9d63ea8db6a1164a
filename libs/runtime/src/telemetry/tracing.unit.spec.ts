import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { parseTraceparent } from './traceparent.js';
import { currentTrace, inSpan, startTracing, takeApartTrace, traceFields } from './tracing.js';

const vocabulary = { app: 'standalone', version: '1.2.3', codes: ['MEMBER_EXISTS'] };
const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Traces what `work` does; what was exported before the end, and what the end has let out. */
const traced = async (work: () => Promise<void>): Promise<readonly ReadableSpan[]> => {
  const to = new InMemorySpanExporter();
  const spans: ReadableSpan[] = [];
  const keep = {
    export: (batch: ReadableSpan[], done: (result: { code: number }) => void) => {
      spans.push(...batch);
      to.export(batch, done);
    },
    shutdown: () => to.shutdown(),
  };
  const stop = startTracing({ vocabulary, to: keep });
  await work();
  await stop();
  return spans;
};

const nothing = (): Promise<void> => Promise.resolve();
const times = async (count: number, work: () => Promise<void>): Promise<void> => {
  for (let index = 0; index < count; index += 1) await work();
};

it('does the work and traces nothing where tracing is off', async () => {
  expect(await inSpan('command', {}, () => Promise.resolve(currentTrace()))).toBeNull();
});

it("goes on in the caller's trace, and hands on where it is", async () => {
  let inside: string | null = null;
  const spans = await traced(() =>
    inSpan('call', { parent: caller }, () =>
      inSpan('command', { attributes: { 'lacuna.command': 'RegisterMember' } }, () => {
        inside = currentTrace();
        return nothing();
      }),
    ),
  );
  const [command, call] = spans;
  expect(spans.map(({ name }) => name)).toEqual(['command', 'call']);
  expect(call?.parentSpanContext).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true });
  expect(command?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
  expect(command?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(parseTraceparent(inside)?.spanId).toBe(command?.spanContext().spanId);
});

it('keeps nothing of a trace that its caller does not sample', async () => {
  let inside: string | null = '';
  const spans = await traced(() =>
    inSpan('call', { parent: caller.replace(/01$/, '00') }, () => {
      inside = currentTrace();
      return nothing();
    }),
  );
  expect([spans.length, inside]).toEqual([0, null]);
});

it('I10 says of what failed its code if it is listed, and nothing else', async () => {
  const fail = (error: Error) => () => Promise.reject(error);
  const spans = await traced(async () => {
    const known = Object.assign(new Error('canary'), { code: 'MEMBER_EXISTS' });
    const strange = Object.assign(new Error('canary'), { code: 'canary' });
    for (const error of [known, strange, new Error('canary')])
      await inSpan('command', {}, fail(error)).catch(() => undefined);
  });
  expect(spans.map(({ attributes }) => attributes['lacuna.code'])).toEqual([
    'MEMBER_EXISTS',
    'other',
    'INTERNAL',
  ]);
  expect(spans.map(({ events, status }) => [events.length, status.message])).toEqual(
    spans.map(() => [0, undefined]),
  );
});

it('I10 lets no attribute through that is not declared, and no value that is not listed', async () => {
  const loose: Record<string, string> = { 'lacuna.command': '19900012345', 'member.id': 'canary' };
  const [span] = await traced(() => inSpan('command', { attributes: loose }, nothing));
  expect(span?.attributes).toEqual({ 'lacuna.command': 'other' });
});

it('says of the process its app and version, not its host and command line', async () => {
  const [span] = await traced(() => inSpan('react', {}, nothing));
  expect(span?.resource.attributes).toEqual({
    'service.name': 'lacuna-standalone',
    'service.version': '1.2.3',
  });
});

it('links a span to what led to it, and passes over what is no traceparent', async () => {
  const [span] = await traced(() =>
    inSpan('project', { links: [caller, undefined, 'canary', caller] }, nothing),
  );
  expect(span?.links.map(({ context }) => context.traceId)).toEqual(['0af7651916cd43dd8448eb211c80319c']);
});

describe('apart', () => {
  const apart = { attributes: { 'lacuna.command': 'RecordBehaviours' }, apart: true } as const;

  it('is a trace of its own each time: no caller above it, nothing below it, no time finer than the day', async () => {
    const spans = await traced(() =>
      times(100, () =>
        inSpan('call', { parent: caller }, () =>
          inSpan('command', apart, () => inSpan('append', {}, nothing)),
        ),
      ),
    );
    const commands = spans.filter(({ name }) => name === 'command');
    expect(commands.length).toBeGreaterThanOrEqual(40);
    expect(commands.length).toBeLessThanOrEqual(80);
    expect(spans.some(({ name }) => name === 'append')).toBe(false);
    const traces = new Set(commands.map((span) => span.spanContext().traceId));
    expect(traces.size).toBe(commands.length);
    expect(traces.has('0af7651916cd43dd8448eb211c80319c')).toBe(false);
    for (const { startTime, parentSpanContext, links } of commands) {
      expect(startTime[0] % 86_400).toBe(0);
      expect(startTime[1]).toBe(0);
      expect([parentSpanContext, links.length]).toEqual([undefined, 0]);
    }
  });

  it('hands its trace to whoever seals it first, and to nobody else', async () => {
    await traced(() =>
      inSpan('command', apart, () => {
        expect([currentTrace(), traceFields()]).toEqual([null, {}]);
        expect(parseTraceparent(takeApartTrace())).not.toBeNull();
        expect(takeApartTrace()).toBeNull();
        return nothing();
      }),
    );
  });
});
