import {
  anEvent,
  aName,
  aRequest,
  idsAfter,
  someEvents,
  written,
  type StoreUnderTest,
} from './sample-events.js';

/** One event id, one event, one answer: what makes an unknown outcome harmless. */
export const retryCases = (store: StoreUnderTest): void => {
  it('answers a retry with the first answer, whatever it expects and however the stream went on', async () => {
    const stream = aName();
    const request = aRequest(stream, { expected: 'none', events: someEvents(3) });
    const first = await store().append(request);
    await written(store(), stream, { now: '2001-01-01T00:00:00.000Z' });
    const head = await store().head();
    expect(await store().append(request)).toEqual({ ...first, kind: 'known' });
    expect(await store().append({ ...request, expected: 77n })).toEqual({ ...first, kind: 'known' });
    expect(await store().head()).toBe(head);
  });

  it('appends once when the same request comes 16 times at once', async () => {
    const after = await store().head();
    const request = aRequest(aName(), { expected: 'none', events: someEvents(2) });
    const results = await Promise.all(Array.from({ length: 16 }, () => store().append(request)));
    expect(results.filter((result) => result.kind === 'appended')).toHaveLength(1);
    const places = results.map((result) => (result.kind === 'conflict' ? null : result.position));
    expect(new Set(places).size).toBe(1);
    expect(places).not.toContain(null);
    expect(await idsAfter(store(), after)).toEqual(request.events.map((event) => event.id));
  });

  it('refuses ids of which some, not all, are known', async () => {
    const stream = aName();
    const [known, fresh] = [anEvent(), anEvent()];
    await written(store(), stream, { events: [known] });
    const head = await store().head();
    for (const events of [
      [known, fresh],
      [fresh, known],
    ])
      await expect(store().append(aRequest(stream, { events }))).rejects.toMatchObject({
        code: 'EVENT_ID_REUSED',
      });
    expect(await store().head()).toBe(head);
  });

  it('refuses ids that stand in another stream, in another order, or twice in one request', async () => {
    const stream = aName();
    const events = someEvents(2);
    const twice = anEvent();
    await written(store(), stream, { events });
    for (const request of [
      aRequest(aName(), { events }),
      aRequest(stream, { events: [...events].reverse() }),
      aRequest(stream, { events: [twice, twice] }),
    ])
      await expect(store().append(request)).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' });
  });

  it('lets one of two streams have an id that both want at once', async () => {
    const events = [anEvent()];
    const results = await Promise.allSettled([
      store().append(aRequest(aName(), { events })),
      store().append(aRequest(aName(), { events })),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      code: 'EVENT_ID_REUSED',
    });
  });

  it('A06 every request among concurrent ones gets its own right answer', async () => {
    const [taken, retried] = [aName('neighbour'), aName('neighbour')];
    await written(store(), taken);
    const again = aRequest(retried, { events: someEvents(2) });
    const first = await store().append(again);
    const good = Array.from({ length: 20 }, () => aRequest(aName('neighbour'), { expected: 'none' }));
    const oversized = aRequest(aName('neighbour'), { events: [anEvent({ text: 'x'.repeat(1_000_000) })] });
    const reused = aRequest(aName('neighbour'), { events: [...again.events, anEvent()] });
    const settled = await Promise.allSettled(
      [
        ...good.slice(0, 10),
        aRequest(taken, { expected: 'none' }),
        again,
        oversized,
        reused,
        ...good.slice(10),
      ].map((request) => store().append(request)),
    );
    const answers = settled.map((one) =>
      one.status === 'fulfilled' ? one.value.kind : (one.reason as { code: string }).code,
    );
    const others = ['conflict', 'known', 'EVENT_TOO_LARGE', 'EVENT_ID_REUSED'];
    const tenGood = Array.from({ length: 10 }, () => 'appended');
    expect(answers).toEqual([...tenGood, ...others, ...tenGood]);
    expect(settled[11]).toMatchObject({ value: { ...first, kind: 'known' } });
    for (const request of good) expect((await store().readStream(request.stream)).events).toHaveLength(1);
  });
};
