import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { describeEventStoreContract } from '../contract/event-store.contract.js';
import { aName, anEvent, aRequest } from '../contract/sample-events.js';
import { eventLogSchema } from './event-log-schema.js';
import { createPostgresEventStore } from './postgres-event-store.js';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase(eventLogSchema);
});
afterAll(() => database.drop());

describeEventStoreContract('postgres', () =>
  Promise.resolve(createPostgresEventStore({ connectionString: database.runtimeUrl })),
);

it('B12 a reader gets large events few at a time, in order, each once', async () => {
  const own = await freshDatabase(eventLogSchema);
  const store = createPostgresEventStore({ connectionString: own.runtimeUrl });
  const stream = aName();
  const ids: string[] = [];
  for (let append = 0; append < 4; append += 1) {
    const events = Array.from({ length: 60 }, (_, n) =>
      anEvent({ text: 'x'.repeat(n % 3 === 0 ? 1 : 50_000) }),
    );
    await store.append(aRequest(stream, { expected: 'any', events }));
    ids.push(...events.map(({ id }) => id));
  }
  const sizes: number[] = [];
  const read: string[] = [];
  const ends: boolean[] = [];
  for await (const { events, caughtUp } of store.readAll(0n)) {
    sizes.push(JSON.stringify(events.map(({ data }) => data)).length);
    read.push(...events.map(({ id }) => id));
    ends.push(caughtUp);
  }
  expect(read).toEqual(ids);
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThan(2_097_152 + 65_536);
  expect(ends).toEqual([...ends.slice(1).map(() => false), true]);
  await store.close();
  await own.drop();
});
