import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findBinaries } from './binaries.js';
import { startEmbeddedDatabase, type EmbeddedDatabase } from './embedded-database.js';
import { isAlive } from './process-identity.js';
import { serverUser } from './server-user.js';

let home: string;
let folder: string;
let database: EmbeddedDatabase;
let restarts: number;
let lost: unknown[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lacuna-kept-'));
  chmodSync(home, 0o755);
  folder = join(home, 'postgres');
  restarts = 0;
  lost = [];
});

afterEach(async () => {
  await database.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
}, 60_000);

const query = async (sql: string): Promise<readonly object[]> => {
  const client = new Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
};

const startKept = async (): Promise<void> => {
  const onRestart = (): void => {
    restarts += 1;
  };
  const onLost = (cause: unknown): void => {
    lost.push(cause);
  };
  database = await startEmbeddedDatabase({ folder, keeping: { onRestart, onLost } });
};

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await sleep(20);
  }
};

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

const killAll = (pid: number): void => {
  for (const one of [pid, ...childrenOf(pid)])
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // A session that saw its server go.
    }
};

it('A02 starts a server again that was killed with all its sessions: same address, same data', async () => {
  await startKept();
  await query('CREATE TABLE kept (id int)');
  for (let kill = 1; kill <= 3; kill += 1) {
    const { pid, url } = database;
    await query(`INSERT INTO kept VALUES (${kill})`);
    killAll(pid);
    await until(() => restarts === kill);
    expect(database).toMatchObject({ url });
    expect(database.pid).not.toBe(pid);
    expect(await query('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: kill }]);
  }
  expect(lost).toEqual([]);
}, 120_000);

it('A02 says once that it is lost when it dies again and again, and when it does not start', async () => {
  await startKept();
  for (let kill = 1; kill <= 5; kill += 1) {
    killAll(database.pid);
    await until(() => restarts === kill);
  }
  killAll(database.pid);
  await until(() => lost.length > 0);
  await database.stop();
  expect(restarts).toBe(5);

  await startKept();
  rmSync(join(folder, 'data', 'global'), { recursive: true });
  killAll(database.pid);
  await until(() => lost.length > 1);
  expect(String(lost[1])).toMatch(/did not start/);
  expect(lost).toHaveLength(2);
}, 180_000);

it('does not start a server again that is being stopped, not even one that has just been killed', async () => {
  await startKept();
  const { pid } = database;
  process.kill(pid, 'SIGKILL');
  await database.stop();
  await sleep(200);
  expect([isAlive(pid), isAlive(database.pid)]).toEqual([false, false]);
});

it('A02 leaves a server away that nobody asked to keep', async () => {
  database = await startEmbeddedDatabase({ folder });
  const { pid } = database;
  killAll(pid);
  await until(() => !isAlive(pid));
  await sleep(300);
  expect(database.pid).toBe(pid);
  await expect(query('SELECT 1')).rejects.toThrow();
});

it('A02 starts over a server that a dead process had begun to start, which takes the folder at this very moment', async () => {
  database = await startEmbeddedDatabase({ folder });
  await query('CREATE TABLE kept (id int)');
  const user = serverUser(join(database.folder, 'data'));
  const { postgres } = findBinaries(database.folder, user);
  for (const delay of ['0', '0.01', '0.02', '0.03', '0.05', '0.08']) {
    await database.stop();
    const data = join(database.folder, 'data');
    const late = spawn(
      '/bin/sh',
      [
        '-c',
        `sleep ${delay}; exec "$0" -D "$1" -c port=${database.port} -c unix_socket_directories=`,
        postgres,
        data,
      ],
      { ...user, cwd: database.folder, stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => late.once('exit', resolve));
    database = await startEmbeddedDatabase({ folder });
    expect(await query('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
    await ended;
  }
}, 240_000);
