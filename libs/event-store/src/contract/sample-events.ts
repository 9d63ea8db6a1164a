import { randomUUID } from 'node:crypto';
import type {
  AppendRequest,
  AppendResult,
  EventStore,
  LogBatch,
  NewEvent,
  Position,
} from '../event-store.port.js';

/** What a contract case works on; asked for in each case, since the store is opened before the first. */
export type StoreUnderTest = () => EventStore;

export const aName = (label = 'stream'): string => `contract.${label}-${randomUUID()}`;

export const anEvent = (data: NewEvent['data'] = {}, type = 'Sampled'): NewEvent => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  data,
  metadata: {
    tenant: 'contract',
    occurredAt: '1998-06-30T16:00:00.000Z',
    actor: { id: 'sampler', role: 'operator' },
    processing: {
      channel: 'test',
      lawfulBasis: 'none',
      purposes: ['contract'],
      noticeVersion: null,
      provenance: 'made up',
    },
    policy: 'none@0',
  },
});

export const someEvents = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => anEvent({ index }));

export const aRequest = (stream: string, request: Partial<AppendRequest> = {}): AppendRequest => ({
  stream,
  expected: 'any',
  events: [anEvent()],
  now: '1998-06-30T16:00:00.000Z',
  ...request,
});

type Written = Exclude<AppendResult, { kind: 'conflict' }>;

/** Appends where a conflict would be a defect of the case itself. */
export const written = async (
  store: EventStore,
  stream: string,
  request: Partial<AppendRequest> = {},
): Promise<Written> => {
  const result = await store.append(aRequest(stream, request));
  if (result.kind === 'conflict') throw new Error(`unexpected conflict at ${String(result.actual)}`);
  return result;
};

export const batchesOf = async (all: AsyncIterable<LogBatch>): Promise<LogBatch[]> => {
  const batches: LogBatch[] = [];
  for await (const batch of all) batches.push(batch);
  return batches;
};

/** The event ids of everything after a position, in the order of the log. */
export const idsAfter = async (store: EventStore, after: Position): Promise<string[]> =>
  (await batchesOf(store.readAll(after))).flatMap((batch) => batch.events.map((event) => event.id));
