import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { EVENT_STORE, EventStoreModule } from './event-store.module.js';
import type { EventStore } from './event-store.port.js';
import { createMemoryEventStore } from './memory/memory-event-store.js';

it('gives the engine that the composition root opens, and closes it with the app', async () => {
  const module = await Test.createTestingModule({
    imports: [EventStoreModule.registerAsync({ useFactory: createMemoryEventStore })],
  }).compile();
  const store = module.get<EventStore>(EVENT_STORE);
  expect(await store.head()).toBe(0n);
  await module.close();
  await expect(store.head()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
