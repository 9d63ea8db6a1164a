import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readDatabaseAccess, serversOf, type AppName } from '@lacuna/runtime';
import { cli, freshHome, launch, startCli, type Running } from '../e2e/product.js';

const READY_MS = 120_000;

const until = async <Found>(find: () => Found | null | undefined, what: string): Promise<Found> => {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const found = find();
    if (found !== null && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not start`);
    await sleep(50);
  }
};

/** Runs the command line to its end; throws what it said where it fails. */
export const must = async (home: string, ...args: readonly string[]): Promise<void> => {
  const { code, stderr } = await cli(home, ...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
};

/** Apps of the built product as processes of their own, on one home and one database. */
export type Apart = Readonly<{
  home: string;
  /** Where each serves gRPC, in the order asked for. */
  urls: readonly string[];
  stop(): Promise<void>;
}>;

const end = async (running: readonly Running[]): Promise<void> => {
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.map(({ result }) => result));
};

/** Starts a database, migrates it, and starts the apps. */
export const startApart = async (apps: readonly AppName[]): Promise<Apart> => {
  const home = freshHome();
  const database = startCli(home, 'database');
  const started: Running[] = [];
  const stop = async (): Promise<void> => {
    await end(started);
    await end([database]);
    rmSync(home, { recursive: true, force: true });
  };
  const urlOf = ({ child }: Running): Promise<string> =>
    until(() => serversOf(home).find(({ pid }) => pid === child.pid)?.grpc, 'an app');
  try {
    await until(() => readDatabaseAccess(home), 'the database');
    await must(home, 'migrate');
    const own = { LACUNA_GRPC_ADDRESS: '127.0.0.1:0', LACUNA_HTTP_ADDRESS: '127.0.0.1:0' };
    for (const app of apps) started.push(launch(home, own, app));
    return { home, urls: await Promise.all(started.map(urlOf)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
