import { anEvent, aName, aRequest, someEvents, written, type StoreUnderTest } from './sample-events.js';

/** Expected revisions: who may write, and what the loser learns. */
export const appendCases = (store: StoreUnderTest): void => {
  it('gives revisions 0, 1, 2 ... and rising positions', async () => {
    const stream = aName();
    const first = await written(store(), stream, { expected: 'none' });
    const second = await written(store(), stream, { expected: 0n, events: someEvents(3) });
    const third = await written(store(), stream, { expected: 3n });
    expect([first.revision, second.revision, third.revision]).toEqual([0n, 3n, 4n]);
    expect(first.position < second.position && second.position < third.position).toBe(true);
    const { events, last } = await store().readStream(stream);
    expect(events.map((event) => event.revision)).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(last).toBe(4n);
  });

  it('gives back exactly what was appended, and where it stands', async () => {
    const stream = aName();
    const event = anEvent({
      text: '车主 🚗 \u0000 " \\ \ud800',
      nested: { list: [1, null, true, 'x'] },
      big: 1e21,
    });
    const { position, revision, recordedAt } = await written(store(), stream, { events: [event] });
    const { events } = await store().readStream(stream);
    expect(events).toEqual([{ ...event, stream, revision, position, recordedAt }]);
  });

  it('does not share objects with the log', async () => {
    const stream = aName();
    const data: Record<string, unknown> = { kept: 'first' };
    await written(store(), stream, { events: [anEvent(data)] });
    data['kept'] = 'second';
    const read = await store().readStream(stream);
    expect(read.events[0]?.data).toEqual({ kept: 'first' });
  });

  it('answers a conflict with the actual revision, and writes nothing', async () => {
    const stream = aName();
    await written(store(), stream, { events: someEvents(2) });
    const head = await store().head();
    for (const expected of ['none', 0n, 2n, 2n ** 53n + 1n, 2n ** 63n - 1n] as const)
      expect(await store().append(aRequest(stream, { expected }))).toEqual({ kind: 'conflict', actual: 1n });
    expect(await store().append(aRequest(aName(), { expected: 0n }))).toEqual({
      kind: 'conflict',
      actual: null,
    });
    expect(await store().head()).toBe(head);
  });

  it('appends to a stream that is there and to one that is not when anything is expected', async () => {
    const stream = aName();
    expect(await written(store(), stream, { expected: 'any' })).toMatchObject({ revision: 0n });
    expect(await written(store(), stream, { expected: 'any' })).toMatchObject({ revision: 1n });
  });

  it('A04 of 64 writers with one expected revision exactly one wins, 63 learn the revision', async () => {
    const stream = aName('stampede');
    await written(store(), stream, { expected: 'none' });
    const results = await Promise.all(
      Array.from({ length: 64 }, () => store().append(aRequest(stream, { expected: 0n }))),
    );
    expect(results.filter((result) => result.kind === 'appended')).toHaveLength(1);
    const losers = results.filter((result) => result.kind === 'conflict');
    expect(losers).toEqual(Array.from({ length: 63 }, () => ({ kind: 'conflict', actual: 1n })));
  });

  it('keeps every stream gapless under 64 concurrent writers of eight streams', async () => {
    const streams = Array.from({ length: 8 }, () => aName('busy'));
    const writes = streams.flatMap((stream) => Array.from({ length: 8 }, () => written(store(), stream)));
    const positions = (await Promise.all(writes)).map((result) => result.position);
    expect(new Set(positions).size).toBe(64);
    for (const stream of streams) {
      const { events } = await store().readStream(stream);
      expect(events.map((event) => event.revision)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    }
  });
};

/** recordedAt belongs to the log, not to the writers' clocks. */
export const clockCases = (store: StoreUnderTest): void => {
  it('A14 recordedAt never runs backwards, whatever the writers say: an hour, ten years', async () => {
    const start = (await written(store(), aName('clock'))).recordedAt;
    const shifted = (years: number, hours: number): string => {
      const date = new Date(start);
      date.setUTCFullYear(date.getUTCFullYear() + years);
      date.setUTCHours(date.getUTCHours() + hours);
      return date.toISOString();
    };
    const clocks = [shifted(0, 1), shifted(0, -1), shifted(10, 0), shifted(-10, 0), shifted(10, 1)];
    const given: string[] = [];
    for (const now of clocks) given.push((await written(store(), aName('clock'), { now })).recordedAt);
    expect(given).toEqual([clocks[0], clocks[0], clocks[2], clocks[2], clocks[4]]);
  });

  it('A14 concurrent writers with scattered clocks get rising times in the order of the log', async () => {
    const after = await store().head();
    const minutes = Array.from({ length: 32 }, (_, index) => (index * 37) % 60);
    const clock = (minute: number): string => `2031-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
    await Promise.all(minutes.map((minute) => written(store(), aName('clock'), { now: clock(minute) })));
    const times: string[] = [];
    for await (const batch of store().readAll(after))
      times.push(...batch.events.map((event) => event.recordedAt));
    expect(times).toHaveLength(32);
    expect(times).toEqual([...times].sort());
  });
};
