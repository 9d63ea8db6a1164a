import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { isAlive } from './process-identity.js';
import type { ServerUser } from './server-user.js';
import { unusable } from './unusable.js';

const STEP_MS = 20;
const START_MS = 60_000;
const FAST_STOP_MS = 60_000;

/** What is started: where, by whom, with which settings. */
export type PostmasterStart = Readonly<{
  folder: string;
  binaries: Binaries;
  user: ServerUser | undefined;
  settings: Readonly<Record<string, string>>;
  /** Where it must listen; absent: any free port. */
  port?: number;
}>;

/** `ended`: resolves when the server has ended, whatever ended it. */
export type Postmaster = Readonly<{ pid: number; port: number; ended: Promise<void> }>;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

// postmaster.pid, by line: pid, data folder, start time, port, socket folder, address, shared memory, state.
const pidFileOf = (folder: string): readonly string[] => {
  try {
    return readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
};

// A pid may have gone to another program since: ours runs with `-D <our data>`.
const isOurs = (pid: number, folder: string): boolean => {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return command[command.indexOf('-D') + 1] === join(folder, 'data');
  } catch {
    return false;
  }
};

const isPostgres = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    return false;
  }
};

/**
 * After a restart of the machine or the container the pid that a killed server wrote down may be some other
 * program's, and the server would wait for that program to end.
 */
const dropForeignPid = (folder: string): void => {
  const pid = Number(pidFileOf(folder)[0]);
  if (pid > 1 && isAlive(pid) && !isPostgres(pid))
    rmSync(join(folder, 'data', 'postmaster.pid'), { force: true });
};

/** A server that a killed predecessor left running on this folder; `undefined` where there is none. */
const findOrphan = (folder: string): number | undefined => {
  const pid = Number(pidFileOf(folder)[0]);
  return Number.isInteger(pid) && pid > 1 && isOurs(pid, folder) ? pid : undefined;
};

const until = async (isDone: () => boolean, limitMs: number): Promise<boolean> => {
  const deadline = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > deadline) return false;
    await sleep(STEP_MS);
  }
  return true;
};

/** Fast shutdown: sessions are cut, everything committed is on disk; immediate (recovery on the next start) if it hangs. */
export const stopPostmaster = async (pid: number): Promise<void> => {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  if (await until(() => !isAlive(pid), FAST_STOP_MS)) return;
  process.kill(pid, 'SIGQUIT');
  await until(() => !isAlive(pid), FAST_STOP_MS);
};

/**
 * What no start leaves out: only this machine reaches the server, commits are on disk, and its log never holds a
 * statement or a parameter, which may be personal values.
 */
const fixedSettings = (folder: string, port: number): Readonly<Record<string, string>> => ({
  listen_addresses: '127.0.0.1',
  port: String(port),
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  logging_collector: 'on',
  log_directory: join(folder, 'log'),
  log_filename: 'postgres-%a.log',
  log_truncate_on_rotation: 'on',
  log_file_mode: '0600',
  log_statement: 'none',
  log_duration: 'off',
  log_min_duration_statement: '-1',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
});

const startupLog = (folder: string): string => join(folder, 'startup.log');

// A group of its own: Ctrl-C reaches every process of the terminal's group, and the database must outlive the drain.
const launch = async ({
  folder,
  binaries,
  user,
  settings,
  port: given,
}: PostmasterStart): Promise<Postmaster | string> => {
  const port = given ?? (await freePort());
  const options = { ...settings, ...fixedSettings(folder, port) };
  const output = openSync(startupLog(folder), 'w', 0o600);
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      join(folder, 'data'),
      ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...user, cwd: folder, stdio: ['ignore', output, output], detached: true },
  );
  closeSync(output);
  child.once('error', () => undefined);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.unref();
  const { pid } = child;
  if (pid === undefined) return 'the program could not be started';
  const isReady = (): boolean => {
    const lines = pidFileOf(folder);
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
  };
  if (!(await until(() => child.exitCode !== null || child.signalCode !== null || isReady(), START_MS))) {
    await stopPostmaster(pid);
    return `not ready within ${START_MS / 1000} s`;
  }
  return isReady() ? { pid, port, ended } : readFileSync(startupLog(folder), 'utf8').trim();
};

// A killed postmaster's sessions live on for a moment and hold its memory; a port can be taken between probe and bind.
const passesByItself =
  /shared memory block|could not bind|Address already in use|lock file "postmaster\.pid"/;

/**
 * What a killed predecessor left behind, ended: a server that still runs, which may have been in the middle of its own
 * start, and a pid that is some other program's by now. The folder must be ours.
 */
const clearFolder = async (folder: string): Promise<void> => {
  const orphan = findOrphan(folder);
  if (orphan !== undefined) await stopPostmaster(orphan);
  dropForeignPid(folder);
};

/** Starts a server over a folder that is ours and waits until it takes connections. */
export const startPostmaster = async (start: PostmasterStart): Promise<Postmaster> => {
  const deadline = performance.now() + START_MS;
  for (;;) {
    await clearFolder(start.folder);
    const started = await launch(start);
    if (typeof started !== 'string') return started;
    if (!passesByItself.test(started) || performance.now() > deadline)
      throw unusable(`PostgreSQL did not start in ${start.folder}: ${started}`);
    await sleep(STEP_MS * 10);
  }
};
