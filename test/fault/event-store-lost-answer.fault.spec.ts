import { connect as connectTo, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createPostgresEventStore, eventLogSchema, type ClosableEventStore } from '@lacuna/event-store';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { Client } from 'pg';
import { aRequest, aStream, expectDense, until, wholeLog } from './event-store-samples.js';

/** Where the next exchange is cut: before the server hears it, while it works, or after it committed. */
type Cut = 'request' | 'middle' | 'answer';

type CuttingProxy = Readonly<{
  url: string;
  cutNext(cut: Cut): void;
  cutAll(): void;
  cuts: () => number;
  close(): Promise<void>;
}>;

// ReadyForQuery, idle: PostgreSQL sends it when the commit is done.
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
// Parse, Bind, Query; anything else is the handshake, whose first answer may be cut at once.
const QUERY_STARTS = [0x50, 0x42, 0x51];

const startProxy = async (target: URL): Promise<CuttingProxy> => {
  let armed: Cut | null = null;
  let count = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connectTo(Number(target.port), target.hostname);
    let onAnswer: 'query' | 'handshake' | null = null;
    const cut = (): void => {
      onAnswer = null;
      count += 1;
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (data) => {
      const where = armed;
      armed = null;
      if (where === 'answer') onAnswer = QUERY_STARTS.includes(data[0] ?? 0) ? 'query' : 'handshake';
      if (where === 'request') cut();
      else upstream.write(data, () => where === 'middle' && setImmediate(cut));
    });
    upstream.on('data', (data) => {
      if (onAnswer === null) client.write(data);
      else if (onAnswer === 'handshake' || data.subarray(-READY.length).equals(READY)) cut();
    });
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
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutNext: (cut) => (armed = cut),
    cutAll,
    cuts: () => count,
    close: () => {
      cutAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};

let database: FreshDatabase;
let proxy: CuttingProxy;
let store: ClosableEventStore;

beforeEach(async () => {
  database = await freshDatabase(eventLogSchema);
  proxy = await startProxy(new URL(database.runtimeUrl));
  store = createPostgresEventStore({ connectionString: proxy.url });
});

afterEach(async () => {
  await store.close();
  await proxy.close();
  await database.drop();
});

it('A03 an append whose answer was lost is answered with its place, and is there once: 150 cuts', async () => {
  const CUTS = 150;
  const kinds: Record<Cut, string[]> = { request: [], middle: [], answer: [] };
  await store.append(aRequest());
  for (let index = 0; index < CUTS; index += 1) {
    const cut = (['request', 'answer', 'middle'] as const)[index % 3]!;
    const request = aRequest({ expected: 'none' });
    proxy.cutNext(cut);
    const first = await store.append(request);
    kinds[cut].push(first.kind);
    expect(await store.append(request)).toEqual({ ...first, kind: 'known' });
  }
  expect(proxy.cuts()).toBe(CUTS);
  // The proof that commits were answered into the void, and requests lost before they were heard.
  expect(new Set(kinds.answer)).toEqual(new Set(['known']));
  expect(new Set(kinds.request)).toEqual(new Set(['appended']));
  const events = await wholeLog(store);
  expect(events).toHaveLength(CUTS + 1);
  expectDense(events);
}, 120_000);

it('A03 32 writers on eight streams through cut connections: every one exactly once', async () => {
  const streams = Array.from({ length: 8 }, aStream);
  const cutsBefore = proxy.cuts();
  // A fast machine would be done before the knife falls: the writers go on until it has fallen at each place.
  const isCutEnough = (): boolean => proxy.cuts() - cutsBefore > 5;
  let isDone = false;
  const cutting = (async () => {
    for (let index = 0; !isDone; index += 1) {
      proxy.cutNext((['answer', 'middle', 'request'] as const)[index % 3]!);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  const answers = await Promise.all(
    Array.from({ length: 32 }, async (_, writer) => {
      const mine = [];
      for (let round = 0; round < 20 || !isCutEnough(); round += 1)
        mine.push(await store.append(aRequest({ stream: streams[(writer + round) % 8]! })));
      return mine;
    }),
  );
  isDone = true;
  await cutting;
  const places = answers.flat().map((answer) => (answer.kind === 'conflict' ? null : answer.position));
  expect(places.length).toBeGreaterThanOrEqual(640);
  expect(new Set(places).size).toBe(places.length);
  const events = await wholeLog(store);
  expect(events).toHaveLength(places.length);
  expectDense(events);
}, 120_000);

it('A03 reads and a subscription go on over cut connections', async () => {
  const abort = new AbortController();
  const live: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const batch of store.subscribe(0n, { signal: abort.signal }))
      live.push(...batch.events.map((event) => event.id));
  };
  const following = follow();
  const stream = aStream();
  for (let index = 0; index < 30; index += 1) {
    await store.append(aRequest({ stream }));
    proxy.cutNext(index % 2 === 0 ? 'answer' : 'request');
    expect((await store.readStream(stream)).last).toBe(BigInt(index));
  }
  const events = await wholeLog(store);
  while (live.length < events.length) await new Promise((resolve) => setTimeout(resolve, 20));
  abort.abort();
  await following;
  expect(live).toEqual(events.map((event) => event.id));
}, 60_000);

it('A03 a batch that a lost connection left waiting in the server is ended before it is sent again', async () => {
  // Two connections: inside a transaction pg_stat_activity stands still.
  const [owner, holder] = [1, 2].map(() => new Client({ connectionString: database.ownerUrl })) as [
    Client,
    Client,
  ];
  await Promise.all([owner.connect(), holder.connect()]);
  const waiting = async (): Promise<number[]> => {
    const { rows } = await owner.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.map((row) => row.pid);
  };
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM log.head FOR UPDATE');
  const request = aRequest({ expected: 'none' });
  const answer = store.append(request);
  await until(async () => (await waiting()).length === 1);
  const [left] = await waiting();
  proxy.cutAll();
  // PostgreSQL does not notice a client that goes while its statement waits: the left one would run all the same.
  await until(async () => (await waiting()).some((pid) => pid !== left));
  expect(await waiting()).toHaveLength(1);
  await holder.query('COMMIT');
  expect(await answer).toMatchObject({ kind: 'appended', position: 1n });
  expect(await store.append(request)).toMatchObject({ kind: 'known', position: 1n });
  await Promise.all([owner.end(), holder.end()]);
}, 60_000);
