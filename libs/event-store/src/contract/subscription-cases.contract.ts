import type { LogBatch } from '../event-store.port.js';
import { aName, batchesOf, someEvents, written, type StoreUnderTest } from './sample-events.js';

type Following = Readonly<{ batches: LogBatch[]; ids: () => string[]; ended: Promise<void> }>;

const follow = (all: AsyncIterable<LogBatch>): Following => {
  const batches: LogBatch[] = [];
  const run = async (): Promise<void> => {
    for await (const batch of all) batches.push(batch);
  };
  return {
    batches,
    ids: () => batches.flatMap((batch) => batch.events.map((event) => event.id)),
    ended: run(),
  };
};

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

export const subscriptionCases = (store: StoreUnderTest): void => {
  it('catches up, says so, goes live, and ends when it is aborted', async () => {
    const after = await store().head();
    const old = someEvents(3);
    await written(store(), aName(), { events: old });
    const abort = new AbortController();
    const following = follow(store().subscribe(after, { batchSize: 2, signal: abort.signal }));
    await until(() => following.batches.at(-1)?.caughtUp === true);
    const fresh = someEvents(30);
    for (const event of fresh) await written(store(), aName(), { events: [event] });
    await until(() => following.ids().length === 33);
    expect(following.ids()).toEqual([...old, ...fresh].map((event) => event.id));
    expect(following.batches.every((batch) => batch.events.length <= 2)).toBe(true);
    abort.abort();
    await following.ended;
  });

  it('says caughtUp on an idle log, then waits without a batch', async () => {
    const abort = new AbortController();
    const following = follow(store().subscribe(await store().head(), { signal: abort.signal }));
    await until(() => following.batches.length > 0);
    expect(following.batches).toMatchObject([{ events: [], caughtUp: true }]);
    abort.abort();
    await following.ended;
    expect(following.batches).toHaveLength(1);
  });

  it('gives every subscriber everything once, in one order, while 16 writers write', async () => {
    const after = await store().head();
    const abort = new AbortController();
    const readers = [1, 7, 1000].map((batchSize) =>
      follow(store().subscribe(after, { batchSize, signal: abort.signal })),
    );
    const writer = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) await written(store(), aName(), { events: someEvents(2) });
    };
    await Promise.all(Array.from({ length: 16 }, writer));
    await until(() => readers.every((reader) => reader.ids().length >= 320));
    abort.abort();
    await Promise.all(readers.map((reader) => reader.ended));
    const order = (await batchesOf(store().readAll(after))).flatMap((batch) =>
      batch.events.map(({ id }) => id),
    );
    expect(order).toHaveLength(320);
    for (const reader of readers) expect(reader.ids()).toEqual(order);
  });

  it('ends behind upTo, and when its reader stops reading', async () => {
    const after = await store().head();
    const { position } = await written(store(), aName(), { events: someEvents(2) });
    await written(store(), aName());
    const bounded = await batchesOf(store().subscribe(after, { upTo: position }));
    expect(bounded.flatMap((batch) => batch.events)).toHaveLength(2);
    for await (const batch of store().subscribe(after, { batchSize: 1 })) {
      expect(batch.events).toHaveLength(1);
      break;
    }
  });

  it('gives nothing when it is aborted before it begins', async () => {
    expect(await batchesOf(store().subscribe(0n, { signal: AbortSignal.abort() }))).toEqual([]);
  });
};
