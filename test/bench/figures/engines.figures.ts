import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { EventStoreDBClient, START } from '@eventstore/db-client';
import { openEventStoreDbStore, type EventStore } from '@lacuna/event-store';
import { readLogOnce } from '../floors.js';
import { compareAll, milliseconds, throughput, type Figure } from '../measure.js';
import { TENANT } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const TEXT = 'x'.repeat(300);

const fill = (store: EventStore, events: number): Promise<number> =>
  throughput({ count: events / 10, width: 64 }, () =>
    store.append({
      stream: `${TENANT}.member-${randomUUID()}`,
      expected: 'none',
      now: new Date().toISOString(),
      events: Array.from({ length: 10 }, () => ({
        id: randomUUID(),
        type: 'BenchNoted',
        schemaVersion: 1,
        data: { text: TEXT },
        metadata: {
          tenant: TENANT,
          occurredAt: new Date().toISOString(),
          actor: { id: 'bench', role: 'integrator' },
          processing: {
            channel: 'bench',
            lawfulBasis: 'contract',
            purposes: ['service'],
            noticeVersion: null,
            provenance: 'bench',
          },
          policy: 'bench@1',
        },
      })),
    }),
  );

/** A reader that stops early would look fast. */
const assertWhole = (read: number, atLeast: number): void => {
  if (read < atLeast) throw new Error(`${read} events were read of ${atLeast}`);
};

const catchUp = (store: EventStore, atLeast: number): Promise<number> =>
  milliseconds(async () => {
    let count = 0;
    for await (const { events } of store.readAll(0n)) count += events.length;
    assertWhole(count, atLeast);
  });

/** A server that was named, or the double as a process of its own; which of the two is part of the figure's name. */
type EventStoreDb = Readonly<{ url: string; name: string; stop: () => void }>;

const doubleMain = join(
  import.meta.dirname,
  ...['..', '..', '..', 'libs', 'testing', 'src', 'eventstoredb', 'eventstoredb-double-main.js'],
);

const openEventStoreDb = async (): Promise<EventStoreDb> => {
  const named = process.env['EVENTSTOREDB_URL'];
  if (named !== undefined && named !== '')
    return { url: named, name: 'a real EventStoreDB', stop: () => undefined };
  const child = spawn(process.execPath, [doubleMain], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the double did not start')));
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
  });
  return { url, name: 'the double of EventStoreDB', stop: () => child.kill('SIGTERM') };
};

/** The client's own reader over everything, as it comes: what the engine adds is order, filter, checks and batches. */
const bareRead = async (url: string, atLeast: number): Promise<number> => {
  const client = EventStoreDBClient.connectionString(url);
  try {
    return await milliseconds(async () => {
      let count = 0;
      for await (const { event } of client.readAll({
        fromPosition: START,
        maxCount: Number.MAX_SAFE_INTEGER,
      }))
        count += event?.revision === undefined ? 0 : 1;
      assertWhole(count, atLeast);
    });
  } finally {
    await client.dispose();
  }
};

const measure = async (bench: Bench): Promise<readonly Figure[]> => {
  const { house } = bench;
  const events = scaled(100_000, bench, 2_000);
  const server = await openEventStoreDb();
  const distributed = await openEventStoreDbStore({ connectionString: server.url });
  try {
    await fill(house.store, events);
    await fill(distributed, events);
    const of = `catching up over ${events.toLocaleString('en')} events`;
    return await compareAll(scaled(5, bench), [
      {
        name: `${of}, PostgreSQL`,
        unit: 'ms',
        floorName: 'bare cursor read of the same rows',
        inverse: true,
        floor: () => readLogOnce(house.ownerUrl),
        value: () => catchUp(house.store, events),
      },
      {
        name: `${of}, ${server.name}`,
        unit: 'ms',
        floorName:
          'the bare client reading $all of the same server, reservations and system events among them',
        inverse: true,
        floor: () => bareRead(server.url, events),
        value: () => catchUp(distributed, events),
      },
    ]);
  } finally {
    await distributed.close();
    server.stop();
  }
};

export const engineFigures: FigureGroup = { name: 'engines', measure };
