import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '@lacuna/testing';
import { aName, anEvent, aRequest, written } from '../contract/sample-events.js';
import type { AppendRequest, AppendResult, ClosableEventStore } from '../event-store.port.js';
import { checkAppend } from '../log/append-checks.js';
import { checkStreamRead } from '../log/read-checks.js';
import { createAppendLog } from './append-log.js';
import { createBatchWriter } from './batch-writer.js';
import { createEventStoreDbStore } from './eventstoredb-event-store.js';
import { createLogClock } from './log-clock.js';
import { LogClient } from './log-client.js';
import { createMetadataGuard } from './metadata-guard.js';
import { createReservations, type Reservations } from './reservations.js';
import { createSeenRevisions } from './seen-revisions.js';
import { createServerReads, type ServerReads } from './server-reads.js';
import { createStreamReader } from './stream-reader.js';

let double: EventStoreDbDouble;
let client: LogClient;
/** Another process. */
let other: ClosableEventStore;
beforeAll(async () => {
  double = await startEventStoreDbDouble();
  client = new LogClient(double.connectionString);
  other = createEventStoreDbStore({ connectionString: double.connectionString });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await other.close();
  await client.close();
  await double.close();
});

type Wrap = (reads: ServerReads) => Partial<ServerReads>;
type Opened = Readonly<{
  append(request: AppendRequest): Promise<AppendResult>;
  read(stream: string, read: Parameters<ClosableEventStore['readStream']>[1]): Promise<readonly bigint[]>;
  reservations: Reservations;
}>;

/** The engine, with something that happens between two of its reads. */
const openWith = (wrap: Wrap, reserved: () => Promise<void> = () => Promise.resolve()): Opened => {
  const policy = { reconnectMs: 1_000, signal: new AbortController().signal };
  const real = createServerReads(client, policy, 1_000);
  const reads = { ...real, ...wrap(real) };
  const writer = createBatchWriter(client, 1_000);
  const made = createReservations(writer, real, policy);
  const reservations: Reservations = {
    ...made,
    reserve: async (...asked) => {
      const isNew = await made.reserve(...asked);
      await reserved();
      return isNew;
    },
  };
  const parts = { reads, reservations, writer, policy, seen: createSeenRevisions(), clock: createLogClock() };
  const queue = { maxQueued: 10, maxQueuedBytes: 1_000_000, maxReadsInFlight: 2 };
  const options = { ...parts, ...queue, ready: () => Promise.resolve() };
  const appends = createAppendLog(options);
  const streams = createStreamReader({ ...options, guard: createMetadataGuard(reads) });
  return {
    append: (request) => appends.submit(checkAppend(request)),
    read: async (stream, read = {}) =>
      (await streams.submit(checkStreamRead(stream, read))).events.map(({ revision }) => revision),
    reservations,
  };
};

const once = (work: () => Promise<unknown>): (() => Promise<void>) => {
  let done: Promise<unknown> | null = null;
  return async () => {
    await (done ??= work());
  };
};

it('A03 a retry that looks for its events while they land is answered with their place, not refused', async () => {
  const stream = aName();
  const request = aRequest(stream, { expected: 'none', events: [anEvent(), anEvent()] });
  const [first, second] = request.events;
  const land = once(() => other.append(request));
  const racing = openWith((reads) => ({
    // The first is looked for before, the second after they land.
    eventAt: async (of, revision) => {
      if (revision === 1n) await land();
      const event = await reads.eventAt(of, revision);
      if (revision === 0n) await land();
      return event;
    },
  }));
  for (const [index, event] of [first!, second!].entries()) {
    const reservation = { stream, start: 0n, revision: BigInt(index), recordedAt: request.now };
    await racing.reservations.reserve(event.id, reservation, randomUUID());
  }
  expect(await racing.append(request)).toMatchObject({ kind: 'known', revision: 1n });
});

it('A03 an append that expects nothing never answers a conflict, though another went ahead with its ids', async () => {
  const stream = aName();
  const request = aRequest(stream);
  await written(other, stream);
  let isStale = true;
  const racing = openWith((reads) => ({
    // The stream's end as it was before.
    last: async (of) => {
      if (!isStale) return reads.last(of);
      isStale = false;
      return null;
    },
  }));
  const reservation = { stream, start: 1n, revision: 1n, recordedAt: request.now };
  await racing.reservations.reserve(request.events[0]!.id, reservation, randomUUID());
  expect(await racing.append(request)).toMatchObject({ revision: 1n });
  expect((await other.readStream(stream)).last).toBe(1n);
});

it.each([
  ['forward', 1n, [1n]],
  ['backward', 5n, [0n]],
] as const)(
  'a stream that grows while it is read %s is not one that forgot',
  async (direction, from, seen) => {
    const stream = aName();
    await written(other, stream);
    const grow = once(() => written(other, stream, { events: [anEvent()] }));
    const racing = openWith((reads) => ({
      last: async (of) => {
        await grow();
        return reads.last(of);
      },
    }));
    expect(await racing.read(stream, { direction, from })).toEqual(seen);
  },
);

it('A03 who reserved first and was overtaken answers with the time that stands', async () => {
  const request = aRequest(aName(), { expected: 'none' });
  const now = '2020-01-01T00:00:00.000Z';
  const overtaken = once(async () => {
    double.log.age('lacuna.id/', 60_000);
    expect(await other.append({ ...request, now })).toMatchObject({ kind: 'known', recordedAt: now });
    // Its process stood still meanwhile.
    const later = Date.now() + 20_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
  });
  const answer = await openWith(() => ({}), overtaken).append(request);
  expect(answer).toMatchObject({ kind: 'appended', revision: 0n, recordedAt: now });
});

it('A03 who stood still for longer than an append may be under way does not write', async () => {
  const request = aRequest(aName(), { expected: 'none' });
  const late = once(() => {
    const later = Date.now() + 61_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    return Promise.resolve();
  });
  await expect(openWith(() => ({}), late).append(request)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  expect((await other.readStream(request.stream)).last).toBeNull();
});

// Last: the log is refused for good.
it('a stream that lost events behind its end is still refused', async () => {
  const stream = aName();
  await written(other, stream, { events: [anEvent(), anEvent(), anEvent()] });
  double.log.setMetadata(`lacuna.log/${stream}`, { $tb: 2 });
  const reading = openWith(() => ({}));
  for (const read of [{ from: 0n }, { direction: 'backward', from: 1n } as const])
    await expect(reading.read(stream, read)).rejects.toMatchObject({ code: 'STORE_WOULD_FORGET' });
});
