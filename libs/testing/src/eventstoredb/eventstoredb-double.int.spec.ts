import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EventStoreDBClient,
  jsonEvent,
  streamNameFilter,
  WrongExpectedVersionError,
  type AllStreamResolvedEvent,
} from '@eventstore/db-client';
import { startEventStoreDbDouble, type EventStoreDbDouble } from './eventstoredb-double.js';

let double: EventStoreDbDouble;
let client: EventStoreDBClient;

beforeAll(async () => {
  double = await startEventStoreDbDouble();
  client = EventStoreDBClient.connectionString(double.connectionString);
});
afterAll(async () => {
  await client.dispose();
  await double.close();
});

const event = (id: string = randomUUID()) => jsonEvent({ id, type: 'Sampled', data: { some: 'value' } });
const aStream = (): string => `double-${randomUUID()}`;
const eventsOf = async (stream: string, options = {}) => {
  const events = [];
  for await (const { event: read } of client.readStream(stream, options)) if (read) events.push(read);
  return events;
};

describe.each([
  ['batch append', {}],
  // Credentials of a call make the client take the older call.
  ['append', { credentials: { username: 'admin', password: 'changeit' } }],
])('%s', (_name, options) => {
  it('gives revisions and positions, and refuses a wrong expected revision with the actual one', async () => {
    const stream = aStream();
    const first = await client.appendToStream(stream, [event(), event()], {
      expectedRevision: 'no_stream',
      ...options,
    });
    const second = await client.appendToStream(stream, event(), { expectedRevision: 1n, ...options });
    expect([first.nextExpectedRevision, second.nextExpectedRevision]).toEqual([1n, 2n]);
    expect(second.position!.commit).toBeGreaterThan(first.position!.commit);
    for (const expectedRevision of ['no_stream', 0n, 7n] as const) {
      const error = await client
        .appendToStream(stream, event(), { expectedRevision, ...options })
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(WrongExpectedVersionError);
      expect((error as WrongExpectedVersionError).actualVersion).toBe(2n);
    }
  });

  it('is idempotent by event id at an expected revision, and only as far as the server is', async () => {
    const stream = aStream();
    const ids = [randomUUID(), randomUUID()] as const;
    const both = [event(ids[0]), event(ids[1])];
    const append = (events: ReturnType<typeof event>[], expectedRevision: bigint | 'no_stream' | 'any') =>
      client.appendToStream(stream, events, { expectedRevision, ...options });
    const first = await append(both, 'no_stream');
    await append([event()], 1n);
    expect(await append(both, 'no_stream')).toEqual(first);
    expect(await append([event(ids[1])], 0n)).toEqual(first);
    await expect(append([event(ids[0]), event()], 'no_stream')).rejects.toThrow(WrongExpectedVersionError);
    await expect(append(both, 77n)).rejects.toThrow(WrongExpectedVersionError);
    expect(await append(both, 'any')).toEqual(first);
    expect(await eventsOf(stream)).toHaveLength(3);
  });
});

it('leaves gaps between positions, with events of its own in between', async () => {
  const stream = aStream();
  for (let n = 0; n < 20; n += 1) await client.appendToStream(stream, event());
  const all: AllStreamResolvedEvent[] = [];
  for await (const one of client.readAll()) all.push(one);
  const positions = all.map((one) => one.event!.position.commit);
  expect(positions.every((position, index) => index === 0 || position > positions[index - 1]! + 1n)).toBe(
    true,
  );
  expect(all.some((one) => one.event?.streamId.startsWith('$'))).toBe(true);
  const between = { commit: positions[3]! - 1n, prepare: positions[3]! - 1n };
  const read = client.readAll({ fromPosition: between });
  await expect(once(read, 'end')).rejects.toThrow(/invalid position/);
});

it('reads streams both ways, and says what is not there, deleted or truncated', async () => {
  const stream = aStream();
  await client.appendToStream(stream, [event(), event(), event(), event()]);
  const revisions = async (options: object) =>
    (await eventsOf(stream, options)).map(({ revision }) => revision);
  expect(await revisions({ fromRevision: 1n, maxCount: 2 })).toEqual([1n, 2n]);
  expect(await revisions({ direction: 'backwards', fromRevision: 'end', maxCount: 2 })).toEqual([3n, 2n]);
  await expect(eventsOf(aStream())).rejects.toMatchObject({ type: 'stream-not-found' });
  await client.setStreamMetadata(stream, { maxCount: 3 });
  expect(await revisions({})).toEqual([1n, 2n, 3n]);
  await client.setStreamMetadata(stream, { truncateBefore: 2 });
  expect(await revisions({})).toEqual([2n, 3n]);
  await client.deleteStream(stream);
  await expect(eventsOf(stream)).rejects.toMatchObject({ type: 'stream-not-found' });
  expect(
    (await client.appendToStream(stream, event(), { expectedRevision: 'no_stream' })).nextExpectedRevision,
  ).toBe(4n);
  expect(await revisions({})).toEqual([4n]);
  await client.tombstoneStream(stream);
  await expect(eventsOf(stream)).rejects.toMatchObject({ type: 'stream-deleted' });
});

it('filters a subscription at the server, with checkpoints, and follows live', async () => {
  const [wanted, other] = [`wanted-${randomUUID()}`, aStream()];
  const checkpoints: bigint[] = [];
  for (let n = 0; n < 80; n += 1) await client.appendToStream(n % 40 === 0 ? wanted : other, event());
  const seen: bigint[] = [];
  const subscription = client.subscribeToAll({
    filter: streamNameFilter({
      prefixes: ['wanted-'],
      checkpointReached: (_subscription, { commit }) => {
        checkpoints.push(commit);
      },
    }),
  });
  subscription.on('data', ({ event: read }) => seen.push(read!.revision));
  const caughtUp = new Promise((resolve) => subscription.once('caughtUp', resolve));
  await caughtUp;
  await client.appendToStream(wanted, event());
  while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await subscription.unsubscribe();
  expect(seen).toEqual([0n, 1n, 2n]);
  expect(checkpoints.length).toBeGreaterThan(2);
});

it('sends who asks for the leader to it, and finds it by gossip', async () => {
  const cluster = await startEventStoreDbDouble({ nodes: 3 });
  const seed = EventStoreDBClient.connectionString(
    `esdb://127.0.0.1:${String(cluster.ports[1])}?tls=false&throwOnAppendFailure=true`,
  );
  const stream = aStream();
  const options = { expectedRevision: 'no_stream', requiresLeader: true } as const;
  await expect(seed.appendToStream(stream, event(), options)).rejects.toMatchObject({
    type: 'not-leader',
    leader: { address: '127.0.0.1', port: cluster.ports[0] },
  });
  expect((await seed.appendToStream(stream, event(), options)).success).toBe(true);
  cluster.lead(2);
  const found = EventStoreDBClient.connectionString(
    cluster.connectionString.replace('esdb://', 'esdb+discover://'),
  );
  expect((await found.appendToStream(aStream(), event(), options)).success).toBe(true);
  await Promise.all([seed.dispose(), found.dispose()]);
  await cluster.close();
});

it('says in the call of a write that it is not ready, and uses that up by writes only', async () => {
  const [cluster, calls] = [await startEventStoreDbDouble(), 2];
  cluster.faults.unavailable = calls;
  const writer = EventStoreDBClient.connectionString(cluster.connectionString);
  const append = () => writer.appendToStream(aStream(), event());
  for (let left = calls - 1; left >= 0; left -= 1) {
    await expect(append()).rejects.toThrow();
    expect(cluster.faults.unavailable).toBe(left);
  }
  expect((await append()).success).toBe(true);
  await writer.dispose();
  await cluster.close();
});

it('has its events again after a restart on its file, at their places, without a torn last write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-double-'));
  const file = join(folder, 'log');
  const placesOf = async (connectionString: string): Promise<string[]> => {
    const reader = EventStoreDBClient.connectionString(connectionString);
    const places: string[] = [];
    for await (const one of reader.readAll())
      places.push(`${one.event?.id ?? ''} ${String(one.event?.position.commit)}`);
    await reader.dispose();
    return places;
  };
  const first = await startEventStoreDbDouble({ file });
  const writer = EventStoreDBClient.connectionString(first.connectionString);
  for (let n = 0; n < 20; n += 1) await writer.appendToStream(aStream(), [event(), event()]);
  const before = await placesOf(first.connectionString);
  await writer.dispose();
  await first.close();
  appendFileSync(file, '{"stream":"torn","records":[{"id":"');
  const second = await startEventStoreDbDouble({ file });
  expect(await placesOf(second.connectionString)).toEqual(before);
  await second.close();
  rmSync(folder, { recursive: true });
});
