import type { RecordedEvent } from '../event-store.port.js';
import { aName, batchesOf, someEvents, written, type StoreUnderTest } from './sample-events.js';

const revisions = (events: readonly RecordedEvent[]): bigint[] => events.map((event) => event.revision);

export const streamReadCases = (store: StoreUnderTest): void => {
  it('says that a stream does not exist', async () => {
    expect(await store().readStream(aName())).toEqual({ events: [], last: null });
  });

  it('reads forward and backward, from a revision and limited, and always tells the last', async () => {
    const stream = aName();
    await written(store(), stream, { events: someEvents(5) });
    const read = async (
      options: Parameters<ReturnType<StoreUnderTest>['readStream']>[1],
    ): Promise<bigint[]> => {
      const slice = await store().readStream(stream, options);
      expect(slice.last).toBe(4n);
      return revisions(slice.events);
    };
    expect(await read({})).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(await read({ from: 2n, limit: 2 })).toEqual([2n, 3n]);
    expect(await read({ from: 5n })).toEqual([]);
    expect(await read({ from: 2n ** 63n - 1n })).toEqual([]);
    expect(await read({ direction: 'backward' })).toEqual([4n, 3n, 2n, 1n, 0n]);
    expect(await read({ direction: 'backward', limit: 1 })).toEqual([4n]);
    expect(await read({ direction: 'backward', from: 2n, limit: 2 })).toEqual([2n, 1n]);
  });

  it('answers concurrent reads each with its own stream', async () => {
    const streams = Array.from({ length: 40 }, () => aName());
    await Promise.all(
      streams.map((stream, index) => written(store(), stream, { events: someEvents((index % 3) + 1) })),
    );
    const slices = await Promise.all(
      streams.flatMap((stream) => [
        store().readStream(stream),
        store().readStream(stream, { direction: 'backward' }),
      ]),
    );
    slices.forEach(({ events }, index) => {
      const [stream, count] = [streams[index >> 1], ((index >> 1) % 3) + 1];
      const expected = Array.from({ length: count }, (_, revision) => BigInt(revision));
      expect(events.map((event) => event.stream)).toEqual(expected.map(() => stream));
      expect(revisions(events)).toEqual(index % 2 === 0 ? expected : expected.reverse());
    });
  });

  it('sees an append as soon as it was answered', async () => {
    const stream = aName();
    for (let revision = 0n; revision < 20n; revision += 1n) {
      await written(store(), stream);
      expect((await store().readStream(stream, { direction: 'backward', limit: 1 })).last).toBe(revision);
    }
  });

  it('refuses impossible reads', async () => {
    for (const read of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { from: -1n }, { from: 2n ** 63n }])
      await expect(store().readStream(aName(), read)).rejects.toMatchObject({ code: 'READ_INVALID' });
  });
};

export const allReadCases = (store: StoreUnderTest): void => {
  it('reads all in order, page by page, up to the head', async () => {
    const after = await store().head();
    const events = someEvents(25);
    for (const event of events) await written(store(), aName(), { events: [event] });
    const batches = await batchesOf(store().readAll(after, { batchSize: 10 }));
    const read = batches.flatMap((batch) => batch.events);
    expect(read.map((event) => event.id)).toEqual(events.map((event) => event.id));
    expect(Math.max(...batches.map((batch) => batch.events.length))).toBeLessThanOrEqual(10);
    const positions = read.map((event) => event.position);
    expect(positions.every((position, index) => position > (positions[index - 1] ?? after))).toBe(true);
    expect(batches.map((batch) => batch.caughtUp)).toEqual([...batches.slice(1).map(() => false), true]);
    expect(batches.at(-1)?.position).toBe(await store().head());
  });

  it('goes on exactly where a batch ended', async () => {
    const after = await store().head();
    await written(store(), aName(), { events: someEvents(7) });
    const whole = (await batchesOf(store().readAll(after))).flatMap((batch) => batch.events);
    const pieces: RecordedEvent[] = [];
    let position = after;
    while (pieces.length < whole.length) {
      for await (const batch of store().readAll(position, { batchSize: 2 })) {
        pieces.push(...batch.events);
        position = batch.position;
        break;
      }
    }
    expect(pieces).toEqual(whole);
  });

  it('ends at a position when asked to, and says whether that was the head', async () => {
    const after = await store().head();
    const first = await written(store(), aName(), { events: someEvents(3) });
    const second = await written(store(), aName());
    const [batch, ...more] = await batchesOf(store().readAll(after, { upTo: first.position }));
    expect(more).toEqual([]);
    expect(batch).toMatchObject({ position: first.position, caughtUp: false });
    expect(batch?.events).toHaveLength(3);
    const all = await batchesOf(store().readAll(after, { upTo: second.position + 1000n }));
    expect(all.at(-1)).toMatchObject({ position: second.position, caughtUp: true });
  });

  it('gives one empty batch when there is nothing after', async () => {
    const head = await store().head();
    expect(await batchesOf(store().readAll(head))).toEqual([{ events: [], position: head, caughtUp: true }]);
  });

  it('refuses a reader that has passed what the log does not hold', async () => {
    const beyond = (await store().head()) + 1n;
    await expect(batchesOf(store().readAll(beyond))).rejects.toMatchObject({ code: 'POSITION_AHEAD_OF_LOG' });
    await expect(batchesOf(store().subscribe(beyond))).rejects.toMatchObject({
      code: 'POSITION_AHEAD_OF_LOG',
    });
  });

  it('refuses impossible reads, and gives nothing once aborted', async () => {
    await expect(batchesOf(store().readAll(-1n))).rejects.toMatchObject({ code: 'READ_INVALID' });
    await expect(batchesOf(store().readAll(0n, { batchSize: 0 }))).rejects.toMatchObject({
      code: 'READ_INVALID',
    });
    expect(await batchesOf(store().readAll(0n, { signal: AbortSignal.abort() }))).toEqual([]);
  });
};
