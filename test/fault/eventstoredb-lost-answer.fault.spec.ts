import { randomUUID } from 'node:crypto';
import type { ClosableEventStore } from '@lacuna/event-store';
import {
  anEvent,
  aRequest,
  aStream,
  expectWhole,
  openWorld,
  wholeLog,
  type World,
} from './eventstoredb-samples.js';

let world: World;
let store: ClosableEventStore;

beforeEach(async () => {
  world = await openWorld();
  store = await world.open();
});
afterEach(() => world.end());

type Cut = 'loseAnswers' | 'loseRequests' | 'timeouts';

it('A03 an append whose answer was lost is answered with its place, and is there once: 240 cuts', async () => {
  const CUTS = 240;
  const { faults } = world.double;
  for (let index = 0; index < CUTS; index += 1) {
    const cut: Cut = (['loseAnswers', 'loseRequests', 'timeouts'] as const)[index % 3]!;
    const request = aRequest({ expected: 'none', events: [anEvent(), anEvent()] });
    // The ids are reserved first, each by a write of its own; then the events are written by one.
    faults.sparedWrites = (index >> 2) % 3;
    faults[cut] = 1;
    const first = await store.append(request);
    expect([faults[cut], first.kind]).toEqual([0, 'appended']);
    expect(await store.append(request)).toEqual({ ...first, kind: 'known' });
  }
  const events = await wholeLog(store);
  expect(events).toHaveLength(2 * CUTS);
  expectWhole(events);
}, 120_000);

it('A03 32 writers on eight streams through cut connections: every one exactly once', async () => {
  const streams = Array.from({ length: 8 }, aStream);
  let [cuts, isDone, clock] = [0, false, Date.UTC(2000, 0, 1)];
  const now = (): string => new Date((clock += 1)).toISOString();
  const cutting = (async () => {
    while (!isDone) {
      world.double.faults.sparedWrites = Math.floor(Math.random() * 20);
      world.double.faults[cuts % 2 === 0 ? 'loseAnswers' : 'loseRequests'] = 1;
      cuts += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const answers = await Promise.all(
    Array.from({ length: 32 }, async (_, writer) => {
      const mine = [];
      for (let round = 0; round < 8 || cuts < 10; round += 1)
        mine.push(await store.append(aRequest({ stream: streams[(writer + round) % 8]!, now: now() })));
      return mine;
    }),
  );
  isDone = true;
  await cutting;
  const places = answers.flat().map((answer) => (answer.kind === 'conflict' ? null : answer.position));
  expect(new Set(places).size).toBe(places.length);
  const events = await wholeLog(store);
  expect(events).toHaveLength(places.length);
  expectWhole(events);
  const times = events.map((event) => event.recordedAt);
  expect(times).toEqual([...times].sort());
}, 120_000);

it('A03 a process that died between the reservation and the append leaves the id to whoever retries it', async () => {
  const request = aRequest({ expected: 'none', events: [anEvent(), anEvent()] });
  world.double.faults.sparedWrites = 2;
  world.double.faults.loseRequests = 1_000_000;
  const dying = await world.open({ reconnectMs: 300 });
  await expect(dying.append(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  // A revision that nobody has seen yet is no place to reserve: the append under way may still land before it.
  expect(await dying.append({ ...request, expected: 0n })).toEqual({ kind: 'conflict', actual: null });
  world.double.faults.loseRequests = 0;
  // It stands nowhere yet, but may be on its way: neither here nor there.
  const elsewhere = { ...request, stream: aStream() };
  await expect(store.append(elsewhere)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
  // The stream has moved on meanwhile: the ids get another place in it.
  await store.append(aRequest({ stream: request.stream, expected: 'none' }));
  const answer = await store.append({ ...request, expected: 0n });
  expect(answer).toMatchObject({ kind: 'appended', revision: 2n });
  expect(await store.append(request)).toEqual({ ...answer, kind: 'known' });
  await expect(store.append(elsewhere)).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' });
  expectWhole(await wholeLog(store));
});

it('A03 whoever takes up a reservation writes what its process would have, with a time of now', async () => {
  const request = aRequest({ expected: 'none', events: [anEvent(), anEvent()] });
  world.double.faults.sparedWrites = 2;
  world.double.faults.loseRequests = 1_000_000;
  const dying = await world.open({ reconnectMs: 300 });
  await expect(dying.append(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  world.double.faults.loseRequests = 0;
  const now = '2001-01-01T00:00:00.000Z';
  const answer = await store.append({ ...request, now });
  expect(answer).toMatchObject({ kind: 'known', revision: 1n, recordedAt: now });
  const { events } = await store.readStream(request.stream);
  expect(events.map(({ recordedAt }) => recordedAt)).toEqual([now, now]);
});

it('A04 of 64 writers in two processes with one expected revision one wins, 63 learn the revision', async () => {
  const [stream, other] = [aStream(), await world.open()];
  await store.append(aRequest({ stream, expected: 'none' }));
  const results = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      (index % 2 === 0 ? store : other).append(aRequest({ stream, expected: 0n })),
    ),
  );
  expect(results.filter(({ kind }) => kind === 'appended')).toHaveLength(1);
  expect(results.filter(({ kind }) => kind === 'conflict')).toEqual(
    Array.from({ length: 63 }, () => ({ kind: 'conflict', actual: 1n })),
  );
}, 60_000);

it('A03 one request in four processes at once is one append, whatever it expects, with one answer', async () => {
  const stores = [store, ...(await Promise.all([1, 2, 3].map(() => world.open())))];
  for (let round = 0; round < 10; round += 1) {
    const stream = aStream();
    if (round % 2 === 1) await store.append(aRequest({ stream }));
    const request = aRequest({ stream, events: [anEvent(), anEvent()] });
    const clocks = stores.map((_, index) => `2000-01-01T00:00:0${String(index)}.000Z`);
    const answers = await Promise.all(
      stores.map((one, index) => one.append({ ...request, now: clocks[index] ?? request.now })),
    );
    const places = answers.map((answer) => ({ ...answer, kind: 'known' }));
    for (const place of places) expect(place).toEqual(places[0]);
    expect(answers.filter(({ kind }) => kind === 'appended').length).toBeLessThanOrEqual(1);
    const { events } = await store.readStream(stream, { direction: 'backward', limit: 1 });
    expect(events[0]).toMatchObject({
      id: request.events[1]?.id,
      recordedAt: answers[0] && 'recordedAt' in answers[0] ? answers[0].recordedAt : null,
    });
  }
  expectWhole(await wholeLog(store));
}, 60_000);

it('two streams in two processes that want one id at once: one has it', async () => {
  const other = await world.open();
  for (let round = 0; round < 20; round += 1) {
    const events = [{ ...anEvent(), id: randomUUID() }];
    const results = await Promise.allSettled([
      store.append(aRequest({ events })),
      other.append(aRequest({ events })),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  }
  expectWhole(await wholeLog(store));
}, 60_000);
