import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** Where a running server is reached; written when it serves, taken away when it stops. */
export type ServerAddresses = Readonly<{ pid: number; grpc: string; http: string; startedAt: string }>;

/** The database of an instance as its owner, for what goes past the server (`lacuna replay`). Private as a key is. */
export type DatabaseAccess = Readonly<{ ownerUrl: string }>;

const serverFile = (home: string): string => join(home, 'server.json');
const databaseFile = (home: string): string => join(home, 'database.json');

const read = (path: string): unknown => {
  const text = readPrivateFile(path);
  return text === null ? null : JSON.parse(text);
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

export const writeServerAddresses = (home: string, addresses: ServerAddresses): void =>
  writePrivateFile(serverFile(home), `${JSON.stringify(addresses)}\n`);

/** The addresses of the server that runs on this home; null where none runs, also after one was killed. */
export const readServerAddresses = (home: string): ServerAddresses | null => {
  const addresses = read(serverFile(home)) as ServerAddresses | null;
  return addresses !== null && isRunning(addresses.pid) ? addresses : null;
};

export const removeServerAddresses = (home: string): void => rmSync(serverFile(home), { force: true });

export const writeDatabaseAccess = (home: string, access: DatabaseAccess): void =>
  writePrivateFile(databaseFile(home), `${JSON.stringify(access)}\n`);

export const readDatabaseAccess = (home: string): DatabaseAccess | null =>
  read(databaseFile(home)) as DatabaseAccess | null;

export const removeDatabaseAccess = (home: string): void => rmSync(databaseFile(home), { force: true });
