import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { Metrics, startTracing } from '@lacuna/runtime';
import { describeEventStoreContract } from '../contract/event-store.contract.js';
import { createMemoryEventStore } from '../memory/memory-event-store.js';
import { observeAppends } from './observed-event-store.js';

const vocabulary = { app: 'command-api', version: '1', codes: [] };

const request = (id: number) => ({
  stream: 'car-club.member-canary',
  expected: 'none' as const,
  now: '1998-07-01T01:00:00.000Z',
  events: [
    {
      id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
      type: 'MemberRegistered',
      schemaVersion: 1,
      data: {},
      metadata: {
        tenant: 'car-club',
        occurredAt: '1998-07-01T01:00:00.000Z',
        actor: { id: 'crm', role: 'integrator' },
        processing: { channel: '', lawfulBasis: '', purposes: [], noticeVersion: null, provenance: '' },
        policy: 'car-club@1',
      },
    },
  ],
});

it('I10 says of an append how it ended, not where and of what', async () => {
  const metrics = new Metrics(vocabulary);
  const spans: ReadableSpan[] = [];
  const memory = new InMemorySpanExporter();
  const stop = startTracing({
    vocabulary,
    to: {
      export: (batch, done) => {
        spans.push(...batch);
        memory.export(batch, done);
      },
      shutdown: () => memory.shutdown(),
    },
  });
  const store = observeAppends(createMemoryEventStore(), metrics);
  await store.append(request(1));
  await store.append(request(2));
  await expect(store.append({ ...request(3), stream: '$canary' })).rejects.toMatchObject({
    code: 'STREAM_ID_INVALID',
  });
  await stop();
  expect(spans.map(({ attributes }) => attributes)).toEqual([
    { 'lacuna.append': 'appended' },
    { 'lacuna.append': 'conflict' },
    { 'lacuna.code': 'other' },
  ]);
  const text = await metrics.text();
  expect(text).toMatch(/lacuna_log_appends_total{result="refused"} 1/);
  expect(text).not.toMatch(/result="(appended|conflict)"|canary/);
});

describeEventStoreContract('memory, observed', () =>
  Promise.resolve(observeAppends(createMemoryEventStore(), new Metrics(vocabulary))),
);
