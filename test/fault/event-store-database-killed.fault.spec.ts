import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase, type EmbeddedDatabase } from '@lacuna/embedded-database';
import {
  createPostgresEventStore,
  eventLogSchema,
  type AppendRequest,
  type AppendResult,
  type ClosableEventStore,
} from '@lacuna/event-store';
import { migrate } from '@lacuna/runtime';
import { aRequest, aStream, expectDense, until, wholeLog } from './event-store-samples.js';
import { familyOf, kill9 } from './product/processes.js';

/** One address for a server that comes back at another port. */
const startRelay = async (target: () => number): Promise<{ port: number; close(): Promise<void> }> => {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectTo(target(), '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};

let folder: string;
let database: EmbeddedDatabase;
let relay: Awaited<ReturnType<typeof startRelay>>;
let store: ClosableEventStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lacuna-kill-'));
  database = await startEmbeddedDatabase({ folder });
  relay = await startRelay(() => database.port);
  await migrate(database.url, [eventLogSchema], null);
  const url = new URL(database.url);
  url.port = String(relay.port);
  store = createPostgresEventStore({ connectionString: url.href, reconnectMs: 30_000 });
}, 60_000);

afterEach(async () => {
  await store.close();
  await relay.close();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

it('A02 five times SIGKILL of the whole database under 16 writers: what was answered is there, once', async () => {
  const answered: { request: AppendRequest; result: AppendResult }[] = [];
  const streams = Array.from({ length: 8 }, aStream);
  let isDone = false;
  const abort = new AbortController();
  const live: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal }))
      live.push(...batch.events.map((event) => event.id));
  };
  const following = follow();
  const writers = Array.from({ length: 16 }, async (_, index) => {
    while (!isDone) {
      const request = aRequest({ stream: streams[index % 8]! });
      answered.push({ request, result: await store.append(request) });
    }
  });
  for (let kill = 1; kill <= 5; kill += 1) {
    const before = answered.length;
    await until(() => answered.length > before + 50);
    for (const pid of familyOf(database.pid)) kill9(pid);
    await database.stop();
    database = await startEmbeddedDatabase({ folder });
  }
  const before = answered.length;
  await until(() => answered.length > before + 50);
  isDone = true;
  await Promise.all(writers);
  const events = await wholeLog(store);
  expectDense(events);
  expect(events).toHaveLength(answered.length);
  const byId = new Map(events.map((event) => [event.id, event]));
  for (const { request, result } of answered)
    expect({ ...result, ...byId.get(request.events[0]!.id) }).toMatchObject({
      ...result,
      stream: request.stream,
    });
  for (const { request, result } of answered.slice(-16))
    expect(await store.append(request)).toEqual({ ...result, kind: 'known' });
  await until(() => live.length >= events.length);
  abort.abort();
  await following;
  expect(live).toEqual(events.map((event) => event.id));
}, 180_000);

it('B13 refuses to read from, and to write to, a replica', async () => {
  await store.append(aRequest());
  await database.stop();
  const copy = mkdtempSync(join(tmpdir(), 'lacuna-replica-'));
  // With its owners: PostgreSQL may run as another user than the tests.
  spawnSync('cp', ['-a', `${database.folder}/.`, copy]);
  writeFileSync(join(copy, 'data', 'standby.signal'), '', { mode: 0o600 });
  database = await startEmbeddedDatabase({ folder });
  const replica = await startEmbeddedDatabase({ folder: copy, settings: { hot_standby: 'on' } });
  const reader = createPostgresEventStore({ connectionString: replica.url });
  const refusal = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('replica') as string };
  try {
    await expect(reader.head()).rejects.toMatchObject(refusal);
    await expect(reader.readStream(aStream())).rejects.toMatchObject(refusal);
    await expect(wholeLog(reader)).rejects.toMatchObject(refusal);
    await expect(reader.append(aRequest())).rejects.toMatchObject(refusal);
    expect(await store.head()).toBe(1n);
  } finally {
    await reader.close();
    await replica.stop();
    rmSync(copy, { recursive: true, force: true });
  }
}, 120_000);
