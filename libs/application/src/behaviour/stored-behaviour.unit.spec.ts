import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import type { BehaviourBody } from '@lacuna/domain/behaviour';
import type { NightHold, ScopedKeys } from '@lacuna/custody';
import type { NewEvent } from '@lacuna/event-store';
import { inSpan, startTracing } from '@lacuna/runtime';
import { toRecorded, type CoarseFrame } from './stored-behaviour.js';

const processing = {
  channel: 'sealed',
  lawfulBasis: 'sealed',
  purposes: ['sealed'],
  noticeVersion: null,
  provenance: 'sealed',
};
const at = '1998-06-30T16:00:00.000Z';
const actor = { id: 'sealed', role: 'sealed' };
const frame: CoarseFrame = {
  tenant: 'car-club',
  at,
  metadata: { tenant: 'car-club', occurredAt: at, actor, processing, policy: 'car-club@1' },
};
const body: BehaviourBody = {
  what: 'recorded',
  kind: 'purchase',
  occurred: '1998-07-01',
  details: { units: 1, amount: 100, texts: {} },
  frame: { actor, at, processing },
};
// Seals nothing: what was handed over for sealing is looked at.
const seal = (_field: string, _id: string, text: string) => ({ sealed: text });
const keys: Pick<ScopedKeys, 'seal'> = { seal };
const hold: Pick<NightHold, 'seal' | 'night'> = { seal, night: '1998-07-01' };

const record = (index: number): NewEvent => {
  const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const live = { id, day: '1998-07-01', body, copy: { void: true } as const };
  return toRecorded(live, frame, keys as ScopedKeys, hold as NightHold);
};

const sealedTraceOf = ({ data }: NewEvent): unknown => {
  const { sealed } = data['body'] as { sealed: string };
  return (JSON.parse(sealed) as { frame: { trace?: unknown } }).frame.trace;
};

it('I10 seals the trace of a behaviour with the first event of it alone, and says none in clear', async () => {
  const vocabulary = { app: 'command-api', version: '1', codes: [] };
  const stop = startTracing({ vocabulary, to: new InMemorySpanExporter() });
  const events = await inSpan('command', { apart: true }, () => Promise.resolve([record(1), record(2)]));
  await stop();
  expect(events.map(sealedTraceOf)).toEqual([expect.stringMatching(/^00-[0-9a-f]{32}-/), undefined]);
  for (const { metadata } of events) expect(metadata).toEqual(frame.metadata);
  expect(sealedTraceOf(record(3))).toBeUndefined();
});
