import { commandContext } from '@lacuna/testing';
import { eventMetadata, processingViolations } from './index.js';

it('R013 R105 every event says when, by whom, through what, on what ground, from whom and under which policy', () => {
  expect(eventMetadata(commandContext(), { policy: 'car-club@1' })).toEqual({
    tenant: 'car-club',
    occurredAt: '1998-07-01T01:00:00.000Z',
    actor: { id: 'agent-1', role: 'customer-service' },
    processing: {
      channel: 'registration',
      lawfulBasis: 'contract',
      purposes: ['service'],
      noticeVersion: 'notice-1',
      provenance: 'subject',
    },
    policy: 'car-club@1',
  });
});

it('R013 a collection without channel, ground, purpose or source is incomplete', () => {
  const { processing } = commandContext();
  expect(processingViolations(processing)).toEqual([]);
  expect(processingViolations({ ...processing, noticeVersion: null })).toEqual([]);
  for (const field of ['channel', 'lawfulBasis', 'provenance'] as const)
    expect(processingViolations({ ...processing, [field]: '' })).toEqual([
      { field: `processing.${field}`, rule: 'required' },
    ]);
  expect(processingViolations({ ...processing, purposes: [] })).toEqual([
    { field: 'processing.purposes', rule: 'required' },
  ]);
});
