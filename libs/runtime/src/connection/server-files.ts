import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AppName } from '../config/config.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** Where a running process is reached; written when it serves, taken away when it stops. `grpc: null`: it serves none. */
export type ServerAddresses = Readonly<{
  app: AppName;
  pid: number;
  grpc: string | null;
  http: string;
  startedAt: string;
}>;

const folderOf = (home: string): string => join(home, 'servers');
const fileOf = (home: string, { app, pid }: Pick<ServerAddresses, 'app' | 'pid'>): string =>
  join(folderOf(home), `${app}-${pid}.json`);

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const filesIn = (home: string): readonly string[] => {
  try {
    return readdirSync(folderOf(home)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const known = (home: string): readonly ServerAddresses[] =>
  filesIn(home).flatMap((name) => {
    const text = readPrivateFile(join(folderOf(home), name));
    return text === null ? [] : [JSON.parse(text) as ServerAddresses];
  });

/** Says where this process is, and clears away what killed ones have left behind. */
export const writeServerAddresses = (home: string, addresses: ServerAddresses): void => {
  for (const one of known(home)) if (!isRunning(one.pid)) removeServerAddresses(home, one);
  mkdirSync(folderOf(home), { recursive: true });
  writePrivateFile(fileOf(home, addresses), `${JSON.stringify(addresses)}\n`);
};

/** The processes that run on this home, the oldest first; none that was killed. */
export const serversOf = (home: string): readonly ServerAddresses[] =>
  known(home)
    .filter(({ pid }) => isRunning(pid))
    .toSorted((one, other) => one.startedAt.localeCompare(other.startedAt));

export const removeServerAddresses = (home: string, process: Pick<ServerAddresses, 'app' | 'pid'>): void =>
  rmSync(fileOf(home, process), { force: true });
