import { createMemoryEventStore, type NewEvent } from '@lacuna/event-store';
import { loadStream } from './load.js';

const NOW = '1998-06-30T16:00:00.000Z';

const event = (index: number): NewEvent => ({
  id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  type: 'NightlyRunCompleted',
  schemaVersion: 1,
  data: { date: '1998-07-01', rotated: [] },
  metadata: {
    tenant: 'system',
    occurredAt: NOW,
    actor: { id: 'system', role: 'system' },
    processing: { channel: '', lawfulBasis: '', purposes: [], noticeVersion: null, provenance: '' },
    policy: 'system',
  },
});

describe('loading a stream', () => {
  it.each([0, 1, 999, 1_000, 1_001, 2_000, 2_500])('gives all of %i events, in order', async (length) => {
    const store = createMemoryEventStore();
    const events = Array.from({ length }, (_, index) => event(index));
    if (length > 0) await store.append({ stream: 'system.custody-keys', expected: 'none', events, now: NOW });
    const loaded = await loadStream(store, 'system.custody-keys');
    expect(loaded.events.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(loaded.last).toBe(length === 0 ? null : BigInt(length - 1));
  });
});
