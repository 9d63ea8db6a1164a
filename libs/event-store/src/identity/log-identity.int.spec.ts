import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Pool } from 'pg';
import { aName, aRequest } from '../contract/sample-events.js';
import { createMemoryEventStore } from '../memory/memory-event-store.js';
import { eventLogSchema } from '../postgres/event-log-schema.js';
import { adoptLog, assertSameLog, readLogIdentity } from './log-identity.js';

let database: FreshDatabase;
let runtime: Pool;

beforeEach(async () => {
  database = await freshDatabase(eventLogSchema);
  runtime = new Pool({ connectionString: database.runtimeUrl, max: 1 });
});
afterEach(async () => {
  await runtime.end();
  await database.drop();
});

const LOG_CHANGED = { code: 'LOG_CHANGED' };

it('knows its log again, also one that was empty at first, and refuses every other', async () => {
  const [own, other] = [createMemoryEventStore(), createMemoryEventStore()];
  await assertSameLog(runtime, await readLogIdentity(own, 'postgres'));
  await assertSameLog(runtime, await readLogIdentity(own, 'postgres'));
  await own.append(aRequest(aName()));
  await other.append(aRequest(aName()));
  await assertSameLog(runtime, await readLogIdentity(own, 'postgres'));
  await own.append(aRequest(aName()));
  await assertSameLog(runtime, await readLogIdentity(own, 'postgres'));
  for (const refused of [
    await readLogIdentity(other, 'postgres'),
    // The same events at other places.
    await readLogIdentity(own, 'eventstoredb'),
    // What was there is gone.
    await readLogIdentity(createMemoryEventStore(), 'postgres'),
  ])
    await expect(assertSameLog(runtime, refused)).rejects.toMatchObject(LOG_CHANGED);
  await assertSameLog(runtime, await readLogIdentity(own, 'postgres'));
});

it('follows another log once it was adopted, by the owner only', async () => {
  const [own, other] = [createMemoryEventStore(), createMemoryEventStore()];
  for (const store of [own, other]) await store.append(aRequest(aName()));
  await assertSameLog(runtime, await readLogIdentity(own, 'postgres'));
  const identity = await readLogIdentity(other, 'eventstoredb');
  await expect(adoptLog(runtime, identity)).rejects.toMatchObject({ code: '42501' });
  const owner = new Pool({ connectionString: database.ownerUrl, max: 1 });
  await adoptLog(owner, identity);
  await owner.end();
  await assertSameLog(runtime, identity);
  await expect(assertSameLog(runtime, await readLogIdentity(own, 'postgres'))).rejects.toMatchObject(
    LOG_CHANGED,
  );
});
