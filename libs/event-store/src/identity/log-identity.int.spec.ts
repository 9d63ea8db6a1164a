import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Pool } from 'pg';
import { aName, aRequest } from '../contract/sample-events.js';
import type { EventStore } from '../event-store.port.js';
import { createMemoryEventStore } from '../memory/memory-event-store.js';
import { eventLogSchema } from '../postgres/event-log-schema.js';
import { adoptLog, assertSameLog, logNameOf, readLogIdentity, type LogIdentity } from './log-identity.js';

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

/** As if the same events had been copied to another server of the engine: their places are other ones. */
const elsewhere = async (store: EventStore, engine: LogIdentity['engine']): Promise<LogIdentity> => {
  const { first } = await readLogIdentity(store, engine);
  return { engine, first: first && { ...first, position: first.position + 1_000n } };
};

it('the same events at other places of the same engine are another log', async () => {
  const own = createMemoryEventStore();
  await own.append(aRequest(aName()));
  await assertSameLog(runtime, await readLogIdentity(own, 'eventstoredb'));
  const moved = await elsewhere(own, 'eventstoredb');
  await expect(assertSameLog(runtime, moved)).rejects.toMatchObject(LOG_CHANGED);
});

it('fills in the place of a first event that was remembered without it', async () => {
  const own = createMemoryEventStore();
  await own.append(aRequest(aName()));
  const identity = await readLogIdentity(own, 'eventstoredb');
  await runtime.query('INSERT INTO meta.log (engine, first_event) VALUES ($1, $2)', [
    identity.engine,
    identity.first?.id,
  ]);
  await assertSameLog(runtime, identity);
  await expect(assertSameLog(runtime, await elsewhere(own, 'eventstoredb'))).rejects.toMatchObject(
    LOG_CHANGED,
  );
});

it('names a log by its first event and the place of it', async () => {
  const [own, other] = [createMemoryEventStore(), createMemoryEventStore()];
  expect(await logNameOf(own)).toBeNull();
  for (const store of [own, other]) await store.append(aRequest(aName()));
  const { first } = await readLogIdentity(own, 'postgres');
  expect(await logNameOf(own)).toBe(`1 ${first?.id ?? ''}`);
  await own.append(aRequest(aName()));
  expect(await logNameOf(own)).toBe(`1 ${first?.id ?? ''}`);
  expect(await logNameOf(other)).not.toBe(await logNameOf(own));
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
