import { Pool } from 'pg';
import { createMemoryEventStore, eventLogSchema, type EventStore, type NewEvent } from '@lacuna/event-store';
import { metaSchema } from '@lacuna/runtime';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { assertFollowed } from './log.js';

let database: FreshDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await freshDatabase(metaSchema, eventLogSchema);
  pool = new Pool({ connectionString: database.runtimeUrl, max: 1 });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const FIRST = '6d1f0a7c-0000-4000-8000-000000000001';
const OTHER = '6d1f0a7c-0000-4000-8000-000000000002';

const eventOf = (id: string): NewEvent => ({
  id,
  type: 'Sampled',
  schemaVersion: 1,
  data: {},
  metadata: {
    tenant: 'car-club',
    occurredAt: '1998-06-30T16:00:00.000Z',
    actor: { id: 'sampler', role: 'operator' },
    processing: {
      channel: 'test',
      lawfulBasis: 'none',
      purposes: [],
      noticeVersion: null,
      provenance: 'made up',
    },
    policy: 'none@0',
  },
});

const begunWith = async (id: string): Promise<EventStore> => {
  const store = createMemoryEventStore();
  const now = '1998-06-30T16:00:00.000Z';
  await store.append({ stream: 'car-club.sample-1', expected: 'any', events: [eventOf(id)], now });
  return store;
};

it('a process ends with exit 3 where it is given another log than the database follows', async () => {
  await assertFollowed(pool, await begunWith(FIRST), 'eventstoredb');
  await assertFollowed(pool, await begunWith(FIRST), 'eventstoredb');
  for (const [id, engine] of [
    [OTHER, 'eventstoredb'],
    [FIRST, 'postgres'],
  ] as const)
    await expect(assertFollowed(pool, await begunWith(id), engine)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^LACUNA_LOG_URL: this database follows another log/) as string,
    });
});

it('a log whose first event comes between two starts is the same log', async () => {
  const begun = await begunWith(FIRST);
  await assertFollowed(pool, createMemoryEventStore(), 'eventstoredb');
  await assertFollowed(pool, begun, 'eventstoredb');
  // It was empty when this one looked, and is not when it looks again.
  const empty = createMemoryEventStore();
  let looks = 0;
  const meanwhile: EventStore = Object.assign(Object.create(begun) as EventStore, {
    readAll: (...asked: Parameters<EventStore['readAll']>) =>
      ((looks += 1) === 1 ? empty : begun).readAll(...asked),
  });
  await assertFollowed(pool, meanwhile, 'eventstoredb');
  expect(looks).toBe(2);
});
