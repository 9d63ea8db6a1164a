import type { AppendRequest, ClosableEventStore } from '@lacuna/event-store';
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

const MINUTE = 60_000;
const LATER = '1998-06-30T16:00:40.000Z';

const reservationsOf = (id: string): number => world.double.log.visible(`lacuna.id/${id}`)?.length ?? 0;
const age = (byMs: number): void => world.double.log.age('lacuna.id/', byMs);

/** Its ids are reserved; before it was written its process died. */
const abandon = async (request: AppendRequest, reserving = request.events.length): Promise<void> => {
  const { faults } = world.double;
  faults.sparedWrites = reserving;
  faults.loseRequests = 1_000_000;
  const dying = await world.open({ reconnectMs: 300 });
  await expect(dying.append(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await dying.close();
  faults.loseRequests = 0;
};

it.each([1, 2])(
  'A03 ids (%d) that lost their place in one stream stand in another, and are known there and reused elsewhere',
  async (count) => {
    const [taken, free] = [aStream(), aStream()];
    await store.append(aRequest({ stream: taken, expected: 'none' }));
    const other = await world.open();
    const events = Array.from({ length: count }, () => anEvent());
    const request = aRequest({ stream: taken, expected: 'none', events });
    expect(await other.append(request)).toEqual({ kind: 'conflict', actual: 0n });
    const answer = await other.append({ ...request, stream: free });
    expect(answer).toMatchObject({ kind: 'appended', revision: BigInt(count - 1) });
    expect(await store.append({ ...request, stream: free })).toEqual({ ...answer, kind: 'known' });
    for (const stream of [taken, aStream()])
      await expect(
        (await world.open()).append({ ...request, stream, expected: 'any' }),
      ).rejects.toMatchObject({
        code: 'EVENT_ID_REUSED',
      });
    const log = await wholeLog(store);
    expect(log).toHaveLength(1 + count);
    expectWhole(log);
  },
);

it('A03 ids whose append may be under way wait for it; those of a process that died are free in the end', async () => {
  const [first, second] = [aStream(), aStream()];
  const request = aRequest({ stream: first, expected: 'any', events: [anEvent(), anEvent()] });
  await abandon(request);
  const elsewhere = { ...request, stream: second };
  await expect(store.append(elsewhere)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
  age(5 * MINUTE);
  await expect(store.append(elsewhere)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
  age(15 * MINUTE);
  const answer = await store.append(elsewhere);
  expect(answer).toMatchObject({ kind: 'appended', revision: 1n });
  await expect(store.append(request)).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' });
  expect(await store.append(elsewhere)).toEqual({ ...answer, kind: 'known' });
  expectWhole(await wholeLog(store));
}, 30_000);

it('A03 who waits for ids under way in another stream learns what became of them', async () => {
  const request = aRequest({ stream: aStream(), expected: 'none' });
  await abandon(request);
  const waiting = store.append({ ...request, stream: aStream() });
  const answer = await (await world.open()).append(request);
  expect(answer).toMatchObject({ kind: 'known', revision: 0n });
  await expect(waiting).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' });
});

it('A03 a reservation that was passed by is not taken up again: its place is reserved anew', async () => {
  const [first, second] = [aStream(), aStream()];
  const request = aRequest({ stream: first, expected: 'none' });
  const [{ id } = anEvent()] = request.events;
  await abandon(request);
  age(20 * MINUTE);
  // Its first write finds the id reserved, its second reserves it behind.
  await abandon({ ...request, stream: second }, 2);
  expect(reservationsOf(id)).toBe(2);
  // The first place is free yet; but who would write there now could not be told from who gave it up.
  await expect(store.append(request)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
  await store.append(aRequest({ stream: second, expected: 'none' }));
  expect(await store.append(request)).toMatchObject({ revision: 0n });
  expect(reservationsOf(id)).toBe(3);
  expectWhole(await wholeLog(store));
}, 30_000);

it('A03 a reservation that is young is written with its recorded time, an old one with a time of now', async () => {
  for (const [aged, now, expected] of [
    [0, '1998-06-30T16:00:20.000Z', '1998-06-30T16:00:00.000Z'],
    [0, LATER, LATER],
    [MINUTE, LATER, LATER],
  ] as const) {
    const request = aRequest({ expected: 'none', events: [anEvent(), anEvent()] });
    await abandon(request);
    age(aged);
    const other = await world.open();
    const answer = await other.append({ ...request, now });
    expect(answer).toMatchObject({ kind: 'known', revision: 1n, recordedAt: expected });
    const { events } = await other.readStream(request.stream);
    expect(events.map(({ recordedAt }) => recordedAt)).toEqual([expected, expected]);
    expect(await store.append(request)).toEqual(answer);
  }
});
