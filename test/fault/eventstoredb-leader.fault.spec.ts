import { setTimeout as sleep } from 'node:timers/promises';
import type { ClosableEventStore } from '@lacuna/event-store';
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
afterEach(() => world.end());

/** Elections, one after the other: nobody leads for a while, then another does. */
const elect = (rounds: number, everyMs: number): Promise<void> =>
  (async () => {
    for (let round = 1; round <= rounds; round += 1) {
      await sleep(everyMs);
      world.double.lead(null);
      if (round % 2 === 0) world.double.dropConnections();
      await sleep(30);
      world.double.lead(round % 3);
    }
  })();

it('leaders change under writers and a subscriber: each append once, each event once and in order', async () => {
  world = await openWorld({ nodes: 3 });
  store = await world.open();
  // Followers lag: whoever read of one would miss what was answered already.
  world.double.fallBehind(20);
  const abort = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal, batchSize: 7 }))
      seen.push(...batch.events.map(({ id }) => id));
  })();
  const elections = elect(8, 150);
  let isDone = false;
  void elections.then(() => (isDone = true));
  const written = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const stream = aStream();
      let count = 0;
      for (; count < 10 || !isDone; count += 1) {
        const answer = await store.append(
          aRequest({ stream, expected: count === 0 ? 'none' : BigInt(count - 1) }),
        );
        expect(answer).toMatchObject({ kind: 'appended', revision: BigInt(count) });
        expect((await store.readStream(stream, { direction: 'backward', limit: 1 })).last).toBe(
          BigInt(count),
        );
      }
      return count;
    }),
  );
  await elections;
  const events = await wholeLog(store);
  expect(events).toHaveLength(written.reduce((sum, count) => sum + count, 0));
  expectWhole(events);
  await until(() => seen.length >= events.length);
  abort.abort();
  await following;
  expect(seen).toEqual(events.map(({ id }) => id));
}, 120_000);

it('finds the leader from any node, and waits for one', async () => {
  world = await openWorld({ nodes: 3 });
  world.double.lead(1);
  const stores = await Promise.all([world.open(), world.open()]);
  const request = aRequest({ events: [anEvent()] });
  expect((await stores[0].append(request)).kind).toBe('appended');
  world.double.lead(null);
  const waiting = stores[1].append(aRequest());
  await sleep(500);
  world.double.lead(2);
  expect((await waiting).kind).toBe('appended');
}, 60_000);

it('says that nothing is known while no node leads for too long, and recovers by itself', async () => {
  world = await openWorld({ nodes: 3 });
  store = await world.open({ reconnectMs: 400 });
  await store.append(aRequest());
  world.double.lead(null);
  const request = aRequest();
  await expect(store.append(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(store.readStream(aStream())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(store.head()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  world.double.lead(2);
  expect(['appended', 'known']).toContain((await store.append(request)).kind);
  expect(await wholeLog(store)).toHaveLength(2);
}, 60_000);

it('a cluster that goes away whole fails calls with a typed error in time, and nothing behind their backs', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', note);
  world = await openWorld({ nodes: 3 });
  store = await world.open({ reconnectMs: 500 });
  const abort = new AbortController();
  const following = (async () => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal })) expect(batch).toBeDefined();
  })();
  await store.append(aRequest());
  const others = await Promise.all([world.open({ reconnectMs: 500 }), world.open({ reconnectMs: 500 })]);
  await world.double.close();
  const begin = performance.now();
  for (let round = 0; round < 3; round += 1)
    for (const one of [store, ...others]) {
      await expect(one.append(aRequest())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(one.head()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
  expect(performance.now() - begin).toBeLessThan(30_000);
  abort.abort();
  await following;
  const closing = performance.now();
  await Promise.all([store, ...others].map((one) => one.close()));
  expect(performance.now() - closing).toBeLessThan(10_000);
  await sleep(200);
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
}, 60_000);

it.each([
  ['is not ready for anybody', 'isolate'],
  ['no longer answers', 'freeze'],
] as const)(
  'A03 writes leave a node that lost its cluster and %s',
  async (_name, loseCluster) => {
    world = await openWorld({ nodes: 3 });
    store = await world.open({ answerMs: 1_000 });
    const request = aRequest({ expected: 'none' });
    const first = await store.append(request);
    world.double.lead(2);
    world.double[loseCluster](0);
    // Neither asks for anything but writes.
    const next = await store.append(aRequest({ stream: request.stream, expected: 0n }));
    expect(next).toMatchObject({ kind: 'appended', revision: 1n });
    world.double[loseCluster](null);
    expect(await store.append(request)).toEqual({ ...first, kind: 'known' });
    expectWhole(await wholeLog(store));
  },
  60_000,
);

it('A03 a cluster without a leader to name is waited for in the call that writes', async () => {
  world = await openWorld();
  store = await world.open();
  const request = aRequest({ expected: 'none' });
  await store.append(request);
  world.double.lead(null);
  const waiting = store.append(aRequest({ stream: request.stream, expected: 0n }));
  await sleep(300);
  world.double.lead(0);
  expect(await waiting).toMatchObject({ kind: 'appended', revision: 1n });
}, 60_000);

it('A03 a cluster that went away whole and came back: all that waited learn it at once, and all is there once', async () => {
  world = await openWorld({ nodes: 3 });
  store = await world.open({ reconnectMs: 1_000 });
  const abort = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const { events } of store.subscribe(0n, { signal: abort.signal }))
      seen.push(...events.map(({ id }) => id));
  })();
  const stream = aStream();
  await store.append(aRequest({ stream }));
  await until(() => seen.length === 1);
  await world.double.goAway();
  // One of each stream goes into a batch: these are six batches, one behind the other.
  const requests = Array.from({ length: 6 }, () => aRequest({ stream }));
  const learnt: number[] = [];
  await Promise.all(
    requests.map(async (request) => {
      await expect(store.append(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      learnt.push(performance.now());
    }),
  );
  expect(learnt.at(-1)! - learnt[0]!).toBeLessThan(500);
  await world.double.comeBack();
  await until(async () =>
    store.head().then(
      () => true,
      () => false,
    ),
  );
  for (const request of requests) expect(['appended', 'known']).toContain((await store.append(request)).kind);
  const events = await wholeLog(store);
  expect(events).toHaveLength(7);
  expectWhole(events);
  await until(() => seen.length >= 7);
  abort.abort();
  await following;
  expect(seen).toEqual(events.map(({ id }) => id));
}, 60_000);
