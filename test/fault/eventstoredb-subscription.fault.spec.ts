import type { ClosableEventStore, LogBatch } from '@lacuna/event-store';
import {
  anEvent,
  aRequest,
  aStream,
  expectWhole,
  openWorld,
  until,
  wholeLog,
  type World,
} from './eventstoredb-samples.js';

let world: World;
let store: ClosableEventStore;

beforeEach(async () => {
  world = await openWorld({ systemEventEvery: 2 });
  store = await world.open({ reconnectMs: 600, answerMs: 300 });
});
afterEach(() => world.end());

const write = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1)
    await store.append(aRequest({ events: [anEvent(), anEvent()] }));
};

it('a subscription that is cut every seven events and slow loses nothing and doubles nothing', async () => {
  await write(30);
  world.double.faults.cutReadsAfter = 7;
  world.double.faults.readDelayMs = 1;
  const abort = new AbortController();
  const batches: LogBatch[] = [];
  const following = (async () => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal, batchSize: 5 }))
      batches.push(batch);
  })();
  await until(() => batches.some(({ caughtUp }) => caughtUp), 30_000);
  world.double.faults.cutReadsAfter = 3;
  const events = batches.flatMap((batch) => batch.events);
  expect(events).toHaveLength(60);
  expectWhole(events);
  abort.abort();
  await following;
}, 60_000);

it('a reader that stands still holds up the server and no more: it gets everything once it goes on', async () => {
  await write(5);
  const ids: string[] = [];
  const abort = new AbortController();
  let isHeld = true;
  const following = (async () => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal, batchSize: 1 })) {
      while (isHeld) await new Promise((resolve) => setTimeout(resolve, 5));
      ids.push(...batch.events.map(({ id }) => id));
    }
  })();
  await write(100);
  world.double.dropConnections();
  isHeld = false;
  await until(() => ids.length === 210);
  abort.abort();
  await following;
  expect(ids).toEqual((await wholeLog(store)).map(({ id }) => id));
}, 60_000);

it('goes on behind the last checkpoint after a cut: what is not ours is not looked at again', async () => {
  await write(1);
  const abort = new AbortController();
  const ids: string[] = [];
  const following = (async () => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal }))
      ids.push(...batch.events.map(({ id }) => id));
  })();
  await until(() => ids.length === 2);
  for (let index = 0; index < 2_500; index += 1)
    world.double.log.write(`foreign-${String(index % 7)}`, 'any', [
      {
        id: crypto.randomUUID(),
        type: 'Foreign',
        isJson: true,
        data: Buffer.from('{}'),
        metadata: Buffer.alloc(0),
      },
    ]);
  world.double.dropConnections();
  await write(1);
  await until(() => ids.length === 4);
  abort.abort();
  await following;
  expectWhole(await wholeLog(store));
}, 60_000);

it('a server that says nothing any more is given up in time, and what it did is found out later', async () => {
  await write(1);
  const request = aRequest({ expected: 'none' });
  world.double.faults.isSilent = true;
  const begin = performance.now();
  const asked = [store.append(request), store.readStream(aStream()), store.head()];
  const answers = await Promise.allSettled(asked);
  expect(performance.now() - begin).toBeLessThan(3_000);
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
  world.double.faults.isSilent = false;
  const first = await store.append(request);
  expect(await store.append(request)).toEqual({ ...first, kind: 'known' });
  expect((await store.readStream(request.stream)).events).toHaveLength(1);
}, 60_000);

it('a server that is not ready for a while is waited for', async () => {
  world.double.faults.unavailable = 4;
  expect((await store.append(aRequest())).kind).toBe('appended');
  world.double.faults.unavailable = 4;
  expect((await store.readStream(aStream())).last).toBeNull();
  world.double.faults.unavailable = 1_000_000;
  await expect(store.head()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

it('reads on after any number, whether a record begins there or not', async () => {
  await write(300);
  const events = await wholeLog(store);
  for (const index of [0, 1, 299, 300, 598])
    for (const [after, first] of [
      [events[index]!.position - 1n, index],
      [events[index]!.position, index + 1],
      [events[index]!.position + 1n, index + 1],
    ] as const) {
      const read: string[] = [];
      for await (const batch of store.readAll(after, { batchSize: 3 })) {
        read.push(...batch.events.map(({ id }) => id));
        break;
      }
      expect(read[0]).toBe(events[first]?.id);
    }
}, 60_000);
