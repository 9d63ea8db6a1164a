import { EVENT_STORE_LIMITS } from '../event-store-limits.js';
import type { AppendRequest, EventStore } from '../event-store.port.js';
import { anEvent, aName, aRequest, someEvents, written, type StoreUnderTest } from './sample-events.js';

const refused = async (store: EventStore, request: AppendRequest, code: string): Promise<void> => {
  const head = await store.head();
  await expect(store.append(request)).rejects.toMatchObject({ code });
  expect(await store.head()).toBe(head);
};

const withBytes = (bytes: number): ReturnType<typeof anEvent> => {
  const { schemaVersion, metadata } = anEvent();
  const empty = Buffer.byteLength(JSON.stringify({ schemaVersion, data: { text: '' }, metadata }));
  return anEvent({ text: 'x'.repeat(bytes - empty) });
};

/** A07: how much an append may hold, and that nothing of a refused one is written. */
export const limitCases = (store: StoreUnderTest): void => {
  const { maxEventsPerAppend, maxEventBytes, maxAppendBytes } = EVENT_STORE_LIMITS;

  it('A07 refuses an append without events, and takes the largest one whole', async () => {
    await refused(store(), aRequest(aName(), { events: [] }), 'BATCH_LIMIT');
    const stream = aName('large');
    const last = await written(store(), stream, { events: someEvents(maxEventsPerAppend) });
    expect(last.revision).toBe(BigInt(maxEventsPerAppend - 1));
    expect((await store().readStream(stream, { direction: 'backward', limit: 1 })).last).toBe(last.revision);
  });

  it('A07 refuses one event more than the limit', () =>
    refused(store(), aRequest(aName(), { events: someEvents(maxEventsPerAppend + 1) }), 'BATCH_LIMIT'));

  it('A07 takes an event of the largest size and refuses one byte more', async () => {
    await written(store(), aName('large'), { events: [withBytes(maxEventBytes)] });
    await refused(store(), aRequest(aName(), { events: [withBytes(maxEventBytes + 1)] }), 'EVENT_TOO_LARGE');
  });

  it('A07 refuses an append whose events are too many bytes together', () => {
    const count = Math.ceil(maxAppendBytes / maxEventBytes) + 1;
    const events = Array.from({ length: count }, () => withBytes(maxEventBytes));
    return refused(store(), aRequest(aName(), { events }), 'BATCH_LIMIT');
  });

  it('refuses what is not an event, an instant or a revision', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const bad: [Partial<AppendRequest>, string][] = [
      [{ events: [{ ...anEvent(), id: 'A0000000-0000-4000-8000-000000000000' }] }, 'EVENT_ID_INVALID'],
      [{ events: [{ ...anEvent(), id: 'no uuid' }] }, 'EVENT_ID_INVALID'],
      [{ events: [{ ...anEvent(), type: '' }] }, 'EVENT_INVALID'],
      [{ events: [{ ...anEvent(), type: 'with\0nul' }] }, 'EVENT_INVALID'],
      [{ events: [{ ...anEvent(), schemaVersion: 0 }] }, 'EVENT_INVALID'],
      [{ events: [anEvent(circular)] }, 'EVENT_INVALID'],
      [{ now: '1998-06-30' }, 'INSTANT_INVALID'],
      [{ now: '1998-13-30T16:00:00.000Z' }, 'INSTANT_INVALID'],
      [{ expected: -1n }, 'REVISION_INVALID'],
      [{ expected: 2n ** 63n }, 'REVISION_INVALID'],
    ];
    for (const [request, code] of bad) await refused(store(), aRequest(aName(), request), code);
  });
};

/** A12: a stream id comes back exactly as it was given, or is refused with a typed error. */
export const nameCases = (store: StoreUnderTest): void => {
  it.each([
    ['emoji', 'car-club.member-🚗👨‍👩‍👧'],
    ['$ within', 'car-club.member-$all'],
    ['quotes and backslash', `car-club.member-'"\\,{}NULL%_`],
    ['tab, line end, space at the end', 'car-club.member-\t\r\n '],
    ['the longest', 'é'.repeat(EVENT_STORE_LIMITS.maxStreamIdBytes / 2 - 20)],
  ])('A12 keeps a stream id exactly: %s', async (_label, name) => {
    const stream = `${name}#${aName().slice(-36)}`;
    const { position } = await written(store(), stream, { expected: 'none' });
    const [event] = (await store().readStream(stream)).events;
    expect(event).toMatchObject({ stream, position });
  });

  it('A12 tells streams apart that look alike or fold together', async () => {
    const base = aName('Alike');
    const names = [base, base.toUpperCase(), base.toLowerCase(), `${base} `, `${base}é`, `${base}e\u0301`];
    for (const stream of names) expect(await written(store(), stream, { expected: 'none' })).toBeTruthy();
    for (const stream of names) expect((await store().readStream(stream)).events).toHaveLength(1);
  });

  it.each([
    ['empty', ''],
    ['NUL', 'car-club.member-\0'],
    ['a lone surrogate', 'car-club.member-\ud800'],
    ['$ in front', '$all'],
    ['4 KB', 'x'.repeat(4096)],
    ['one byte too many', 'x'.repeat(EVENT_STORE_LIMITS.maxStreamIdBytes + 1)],
    ['too long in bytes, not in characters', '车'.repeat(EVENT_STORE_LIMITS.maxStreamIdBytes / 2)],
  ])('A12 refuses a stream id: %s', async (_label, stream) => {
    await refused(store(), aRequest(stream), 'STREAM_ID_INVALID');
    await expect(store().readStream(stream)).rejects.toMatchObject({ code: 'STREAM_ID_INVALID' });
  });
};
