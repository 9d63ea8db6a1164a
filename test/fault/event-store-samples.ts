import { randomUUID } from 'node:crypto';
import type { AppendRequest, EventStore, NewEvent, RecordedEvent } from '@lacuna/event-store';

export const anEvent = (type = 'Sampled', data: NewEvent['data'] = {}): NewEvent => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  data,
  metadata: {
    tenant: 'fault',
    occurredAt: '1998-06-30T16:00:00.000Z',
    actor: { id: 'sampler', role: 'operator' },
    processing: {
      channel: 'test',
      lawfulBasis: 'none',
      purposes: ['fault'],
      noticeVersion: null,
      provenance: 'made up',
    },
    policy: 'none@0',
  },
});

export const aStream = (): string => `fault.member-${randomUUID()}`;

export const aRequest = (request: Partial<AppendRequest> = {}): AppendRequest => ({
  stream: aStream(),
  expected: 'any',
  events: [anEvent()],
  now: '1998-06-30T16:00:00.000Z',
  ...request,
});

export const wholeLog = async (store: EventStore): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll(0n)) events.push(...batch.events);
  return events;
};

/** I3 and I5: places 1, 2, 3 ... without gap or duplicate, and every stream 0, 1, 2 ... in the order of the log. */
export const expectDense = (events: readonly RecordedEvent[]): void => {
  const next = new Map<string, bigint>();
  events.forEach((event, index) => {
    const revision = next.get(event.stream) ?? 0n;
    if (event.position !== BigInt(index + 1) || event.revision !== revision)
      throw new Error(
        `place ${event.position.toString()}, revision ${event.revision.toString()} is out of order`,
      );
    next.set(event.stream, revision + 1n);
  });
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
};

export const until = async (holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
