import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { catalogue } from '@lacuna/domain/catalogue';
import type { EventMetadata } from '@lacuna/domain/kernel';
import { inSpan, startTracing } from '@lacuna/runtime';
import { TRACED_EVENTS, UNTRACED_EVENTS, sealedTrace, withTrace } from './trace.js';

const metadata: EventMetadata = {
  tenant: 'car-club',
  occurredAt: '1998-07-01T01:00:00.000Z',
  actor: { id: 'crm', role: 'integrator' },
  processing: {
    channel: 'crm',
    lawfulBasis: 'consent',
    purposes: ['membership'],
    noticeVersion: null,
    provenance: 'subject',
  },
  policy: 'car-club@1',
};

const FORM = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

const traced = async (apart: boolean, work: () => void): Promise<void> => {
  const stop = startTracing({
    vocabulary: { app: 'command-api', version: '1', codes: [] },
    to: new InMemorySpanExporter(),
  });
  await inSpan('command', { apart }, () => {
    work();
    return Promise.resolve();
  });
  await stop();
};

it('says of every event of the catalogue whether its trace stands in clear', () => {
  const types = new Set(catalogue.entries.map(({ type }) => type));
  expect([...TRACED_EVENTS, ...Object.keys(UNTRACED_EVENTS)].sort()).toEqual([...types].sort());
});

it('leaves out whatever is unnamed, of a read or of an identity', () => {
  for (const { type, unnamed, fields } of catalogue.entries) {
    const categories = Object.values(fields).map((field) => ('category' in field ? field.category : 'open'));
    const isApart = unnamed === true || categories.some((one) => ['audit', 'real-name'].includes(one));
    if (isApart) expect(TRACED_EVENTS).not.toContain(type);
  }
});

it('puts the trace under way into the metadata of an event that may say it, and of no other', async () => {
  await traced(false, () => {
    expect(withTrace('MemberRegistered', metadata).trace).toMatch(FORM);
    for (const type of Object.keys(UNTRACED_EVENTS)) expect(withTrace(type, metadata)).toBe(metadata);
    expect(sealedTrace()).toEqual({});
  });
  expect(withTrace('MemberRegistered', metadata)).toBe(metadata);
});

it('gives a trace that is apart to one event, and never in clear', async () => {
  await traced(true, () => {
    expect(withTrace('MemberRegistered', metadata)).toBe(metadata);
    expect(sealedTrace().trace).toMatch(FORM);
    expect(sealedTrace()).toEqual({});
  });
});
