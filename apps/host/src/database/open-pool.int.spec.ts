import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { inPoolTransaction, Metrics, metaSchema, openClock } from '@lacuna/runtime';
import { createMemoryEventStore } from '@lacuna/event-store';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import type { Pool } from 'pg';
import { observeStore } from '../telemetry/store-figures.js';
import { vocabularyOf } from '../telemetry/telemetry.js';
import { openPool } from './open-pool.js';

type Wire = Readonly<{ url: string; fallSilent(): void; speak(): void; close(): Promise<void> }>;

/** Between a pool and its database: from one moment on nothing passes on the connections that are there, and nobody says so. */
const wireTo = async (target: URL): Promise<Wire> => {
  const sockets: Socket[] = [];
  let isSilent = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    sockets.push(client, upstream);
    let mute = false;
    const passing = (to: Socket) => (data: Buffer) => {
      mute ||= isSilent;
      if (!mute) to.write(data);
    };
    client.on('data', passing(upstream)).on('error', () => upstream.destroy());
    upstream.on('data', passing(client)).on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    fallSilent: () => (isSilent = true),
    speak: () => (isSilent = false),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};

let database: FreshDatabase;
let wire: Wire;
beforeAll(async () => {
  database = await freshDatabase(metaSchema);
});
afterAll(() => database.drop());
beforeEach(async () => {
  wire = await wireTo(new URL(database.runtimeUrl));
});
afterEach(() => wire.close());

const one = (pool: Pool): Promise<unknown> => inPoolTransaction(pool, (client) => client.query('SELECT 1'));

it('A09 a connection that is lost without a word ends its transaction in time, and the pool', async () => {
  const pool = openPool(wire.url, 500);
  await one(pool);
  wire.fallSilent();
  await expect(one(pool)).rejects.toThrow('timeout');
  wire.speak();
  await one(pool);
  wire.fallSilent();
  const cut = one(pool);
  await pause(100);
  await Promise.all([pool.end(), expect(cut).rejects.toThrow('timeout')]);
}, 10_000);

it('A11 a scrape begins no figure again that the one before still waits for', async () => {
  const pool = openPool(wire.url);
  const clock = await openClock(pool, null);
  const metrics = new Metrics(vocabularyOf('standalone'));
  observeStore(metrics, { pool, clock, store: createMemoryEventStore(), packs: new Map() });
  await metrics.text();
  wire.fallSilent();
  const began = performance.now();
  const waiting: number[] = [];
  while (performance.now() - began < 14_000) {
    await metrics.text();
    waiting.push(pool.waitingCount);
    await pause(500);
  }
  // Five of the figures are read on this pool, and it has four connections.
  expect(Math.max(...waiting)).toBeGreaterThan(0);
  expect(Math.max(...waiting)).toBeLessThanOrEqual(1);
  await wire.close();
  await pool.end();
}, 30_000);
