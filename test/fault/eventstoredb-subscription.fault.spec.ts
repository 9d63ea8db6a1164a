import { setTimeout as sleep } from 'node:timers/promises';
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
  store = await world.open({ reconnectMs: 2_000, answerMs: 1_000 });
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

it.each([
  ['many events', 5_000, 10],
  ['large events', 300, 60_000],
])(
  'a reader that stands still holds up the server and no more: %s',
  async (_name, count, size) => {
    await write(5);
    const ids: string[] = [];
    const abort = new AbortController();
    let isHeld = true;
    const following = (async () => {
      for await (const batch of store.subscribe(0n, { signal: abort.signal, batchSize: 1 })) {
        while (isHeld) await sleep(5);
        ids.push(...batch.events.map(({ id }) => id));
      }
    })();
    const { asked } = world.double.log;
    const events = Array.from({ length: 20 }, () => anEvent('Sampled', { text: 'x'.repeat(size) }));
    for (let written = 0; written < count; written += events.length)
      await store.append(
        aRequest({ events: events.map((event) => ({ ...event, id: crypto.randomUUID() })) }),
      );
    await until(async () => {
      const before = asked.sent;
      await sleep(300);
      return asked.sent === before;
    });
    // What the reader keeps, and what is under way in the sockets between.
    expect(asked.sent).toBeLessThan(count * 0.6);
    expect(ids).toEqual([]);
    world.double.dropConnections();
    isHeld = false;
    await until(() => ids.length === count + 10);
    abort.abort();
    await following;
    expect(ids).toEqual((await wholeLog(store)).map(({ id }) => id));
  },
  60_000,
);

it('goes on behind the last checkpoint after a cut: what is not ours is not looked at again', async () => {
  await write(1);
  const abort = new AbortController();
  const ids: string[] = [];
  const following = (async () => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal }))
      ids.push(...batch.events.map(({ id }) => id));
  })();
  await until(() => ids.length === 2);
  const { all, asked } = world.double.log;
  const before = all.length;
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
  const passed = all[before + 1_900]?.position ?? 0n;
  // The watch of the metadata and the reader, each behind its own last checkpoint.
  await until(async () => {
    const known = asked.subscribedBehind.length;
    world.double.dropConnections();
    await until(() => asked.subscribedBehind.length >= known + 2);
    return asked.subscribedBehind.slice(known).every((place) => place >= passed);
  });
  await write(1);
  await until(() => ids.length === 4);
  abort.abort();
  await following;
  expectWhole(await wholeLog(store));
}, 60_000);

it('a whole reading ends with an error when the server goes for good; a subscriber waits', async () => {
  await write(40);
  world.double.faults.readDelayMs = 20;
  const abort = new AbortController();
  let isWaiting = true;
  let seen = false;
  const following = (async () => {
    for await (const { caughtUp } of store.subscribe(0n, { signal: abort.signal })) seen = caughtUp;
  })().finally(() => (isWaiting = false));
  let read = 0;
  const reading = (async () => {
    for await (const batch of store.readAll(0n, { batchSize: 1 })) read += batch.events.length;
  })();
  reading.catch(() => undefined);
  await until(() => read > 3);
  world.double.faults.isSilent = true;
  world.double.faults.unavailable = 1_000_000;
  world.double.dropConnections();
  const begin = performance.now();
  await expect(reading).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(performance.now() - begin).toBeLessThan(15_000);
  expect([isWaiting, seen]).toEqual([true, false]);
  abort.abort();
  await following;
});

it('gives one batch without an event where none lies between two places', async () => {
  await write(2);
  const [first] = await wholeLog(store);
  const after = first?.position ?? 0n;
  const batches: LogBatch[] = [];
  for await (const batch of store.readAll(after, { upTo: after + 1n })) batches.push(batch);
  expect(batches).toEqual([{ events: [], position: after, caughtUp: false }]);
});

it('a server that says nothing any more is given up in time, and what it did is found out later', async () => {
  await write(1);
  const request = aRequest({ expected: 'none' });
  world.double.faults.isSilent = true;
  const begin = performance.now();
  const asked = [store.append(request), store.readStream(aStream()), store.head()];
  const answers = await Promise.allSettled(asked);
  expect(performance.now() - begin).toBeLessThan(10_000);
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
