import { startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';
import { describeEventStoreContract } from '../contract/event-store.contract.js';
import { createEventStoreDbStore } from './eventstoredb-event-store.js';

const real = process.env['EVENTSTOREDB_URL'];
let double: EventStoreDbDouble | undefined;

beforeAll(async () => {
  // The largest append of the port is 8 MiB: a server must be told to take so much.
  if (!real) double = await startEventStoreDbDouble({ maxAppendSize: 15 * 1024 * 1024 });
});
afterAll(() => double?.close());

describeEventStoreContract(real ? 'EventStoreDB, a real server' : 'EventStoreDB, the double', () =>
  Promise.resolve(createEventStoreDbStore({ connectionString: real ?? double?.connectionString ?? '' })),
);
