import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureLog, logVariables } from './log-engine.js';

/** Tests and bench run from the checkout; built, this file lies elsewhere. */
export const root = process.cwd();
const mainOf = (app: string): string => join(root, 'dist', 'apps', app, 'src', 'main.js');
const commandLine = join(root, 'apps', 'admin-cli', 'bin', 'lacuna.mjs');

type Variables = Readonly<Record<string, string>>;

/** A home of its own for one instance; its folders let the database's user pass. */
export const freshHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'lacuna-e2e-'));
  chmodSync(home, 0o755);
  return home;
};

/** Nothing of the test run's own variables reaches the product. */
export const environment = (home: string, more: Variables): Record<string, string> => ({
  PATH: [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(':'),
  HOME: process.env['HOME'] ?? '/tmp',
  npm_config_loglevel: 'silent',
  LACUNA_HOME: home,
  ...logVariables(home),
  ...more,
});

export type Finished = Readonly<{ code: number | null; stdout: string; stderr: string }>;

const finished = (child: ChildProcess): Promise<Finished> => {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
};

export type Running = Readonly<{ child: ChildProcess; result: Promise<Finished> }>;

/** Starts the command line, as `npx lacuna` would. */
export const startCli = (home: string, ...args: readonly string[]): Running => {
  const child = spawn(process.execPath, [commandLine, ...args], {
    cwd: root,
    env: environment(home, {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, result: finished(child) };
};

export const cli = (home: string, ...args: readonly string[]): Promise<Finished> =>
  startCli(home, ...args).result;

/** Runs the command line with --json: its exit code and its one document. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- each test says which document it expects
export const cliJson = async <Document>(
  home: string,
  ...args: readonly string[]
): Promise<Readonly<{ code: number | null; document: Document }>> => {
  const { code, stdout } = await cli(home, '--json', ...args);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return { code, document: JSON.parse(stdout) as Document };
};

/** Runs a printed line as it stands, in the checkout. */
export const shell = (home: string, line: string): Promise<Finished> =>
  finished(
    spawn('/bin/sh', ['-c', line], {
      cwd: root,
      env: environment(home, {}),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );

export type Product = Readonly<{
  child: ChildProcess;
  /** What it printed when it was up. */
  lines: readonly string[];
  result: Promise<Finished>;
  /** Ctrl-C: the signal goes to the whole process group, as a terminal sends it. */
  interrupt(): Promise<Finished>;
  kill(): Promise<Finished>;
}>;

const LAST_WORDS = /Try next, in another terminal:\n {2}.+\n/;

/** Starts the built product, or one app of it, in a process group of its own, and waits for nothing. */
export const launch = (home: string, more: Variables, app = 'standalone'): Running => {
  const child = spawn(process.execPath, [mainOf(app)], {
    cwd: root,
    env: environment(home, {
      LACUNA_GRPC_ADDRESS: '127.0.0.1:0',
      LACUNA_HTTP_ADDRESS: '127.0.0.1:0',
      ...more,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return { child, result: finished(child) };
};

/** Starts the built product on a home, and waits until it has said what to try. */
export const startProduct = async (home: string, more: Variables = {}): Promise<Product> => {
  await ensureLog(home);
  const { child, result } = launch(home, more);
  let printed = '';
  child.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
  while (!LAST_WORDS.test(printed)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the product did not start: ${(await result).stderr}`);
    await sleep(50);
  }
  const end = (signal: NodeJS.Signals, whole: boolean): Promise<Finished> => {
    process.kill(whole ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
    return result;
  };
  return {
    child,
    lines: printed.trimEnd().split('\n'),
    result,
    interrupt: () => end('SIGINT', true),
    kill: () => end('SIGKILL', false),
  };
};

/** Runs the product, or one app of it, where it is expected not to start. */
export const failedStart = (home: string, more: Variables, app = 'standalone'): Finished => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mainOf(app)], {
    cwd: root,
    env: environment(home, more),
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
};

/** The embedded database's process, whoever its parent is; null where none runs. */
export const postmaster = (home: string): number | null => {
  const file = join(home, 'postgres', 'data', 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return existsSync(`/proc/${pid}`) ? pid : null;
};

export const ownerUrl = (home: string): string =>
  (JSON.parse(readFileSync(join(home, 'database.json'), 'utf8')) as { ownerUrl: string }).ownerUrl;
