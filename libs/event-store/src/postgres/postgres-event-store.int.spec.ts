import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { describeEventStoreContract } from '../contract/event-store.contract.js';
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
