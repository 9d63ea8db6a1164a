import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  createPostgresEventStore,
  eventLogSchema,
  openLogEnd,
  proofOf,
  type LogProof,
} from '@lacuna/event-store';
import {
  freshDatabase,
  startEventStoreDbDouble,
  type EventStoreDbDouble,
  type FreshDatabase,
} from '@lacuna/testing';
import { anEvent, aRequest } from './event-store-samples.js';
import { until } from './product/waiting.js';

const ROOT = process.cwd();
const CLI = join(ROOT, 'apps', 'admin-cli', 'bin', 'lacuna.mjs');
const EVENTS = 6_000;
const AT_ONCE = 20;

let source: FreshDatabase;
let target: FreshDatabase;
let double: EventStoreDbDouble;

beforeEach(async () => {
  source = await freshDatabase(eventLogSchema);
  target = await freshDatabase(eventLogSchema);
  double = await startEventStoreDbDouble({ maxAppendSize: 15 * 1024 * 1024 });
});
afterEach(async () => {
  await double.close();
  await source.drop();
  await target.drop();
});

const fill = async (): Promise<void> => {
  const store = createPostgresEventStore({ connectionString: source.runtimeUrl });
  for (let made = 0; made < EVENTS; made += AT_ONCE)
    await store.append(
      aRequest({
        events: Array.from({ length: AT_ONCE }, () => anEvent('Sampled', { text: '车'.repeat(50) })),
      }),
    );
  await store.close();
};

type Copying = Readonly<{ kill(): void; ended: Promise<Readonly<{ code: number | null; text: string }>> }>;

/** The command as an operator gives it: the addresses are secrets and stand in variables. */
const copy = (from: string, to: string): Copying => {
  const child = spawn(
    process.execPath,
    [CLI, 'copy-log', '--from', 'env:OLD_LOG', '--to', 'env:NEW_LOG', '--json'],
    {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] ?? '', OLD_LOG: from, NEW_LOG: to },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  return {
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, text }))),
  };
};

const countIn = async (url: string): Promise<number> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ events: number }>('SELECT count(*)::int AS events FROM log.events');
    return rows[0]?.events ?? 0;
  } finally {
    await client.end();
  }
};

const proofAt = async (url: string): Promise<LogProof> => {
  const end = await openLogEnd(url);
  try {
    return await proofOf(end.store);
  } finally {
    await end.close();
  }
};

it.each(['EventStoreDB', 'PostgreSQL'])(
  'copy-log to %s is killed half way, goes on where it was, and proves both equal',
  async (engine) => {
    await fill();
    const to = engine === 'PostgreSQL' ? target.ownerUrl : double.connectionString;
    const loaded = (): number | Promise<number> =>
      engine === 'PostgreSQL'
        ? countIn(to)
        : double.log.all.filter(({ stream }) => stream.startsWith('lacuna.log/')).length;
    const first = copy(source.ownerUrl, to);
    await until('some of it is there', async () => (await loaded()) >= 1_000);
    first.kill();
    expect((await first.ended).code).toBeNull();
    const found = await loaded();
    expect(found).toBeLessThan(EVENTS);
    const { code, text } = await copy(source.ownerUrl, to).ended;
    const proof = await proofAt(source.ownerUrl);
    expect(proof.events).toBe(BigInt(EVENTS));
    expect([code, JSON.parse(text)]).toEqual([
      0,
      {
        from: 'postgres',
        to: engine === 'PostgreSQL' ? 'postgres' : 'eventstoredb',
        found: expect.stringMatching(/^\d+$/) as string,
        loaded: expect.stringMatching(/^\d+$/) as string,
        events: String(EVENTS),
        sha256: proof.sha256,
      },
    ]);
    const report = JSON.parse(text) as Readonly<{ found: string; loaded: string }>;
    expect(Number(report.found)).toBeGreaterThanOrEqual(1_000);
    expect(Number(report.found) + Number(report.loaded)).toBe(EVENTS);
    expect(await proofAt(to)).toEqual(proof);
  },
  180_000,
);

it('copy-log without a variable that it was told of says so, and copies nothing', async () => {
  const { code, text } = await copy('', target.ownerUrl).ended;
  expect(code).toBe(2);
  expect(text).toContain('--from');
  expect(await countIn(target.ownerUrl)).toBe(0);
});
