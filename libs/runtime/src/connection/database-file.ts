import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/**
 * The embedded database of an instance as its owner, for the processes that run on the same home and for what goes
 * past the server (`lacuna migrate`, `lacuna replay`). Private as a key is.
 */
export type DatabaseAccess = Readonly<{ ownerUrl: string }>;

const fileOf = (home: string): string => join(home, 'database.json');

export const writeDatabaseAccess = (home: string, access: DatabaseAccess): void =>
  writePrivateFile(fileOf(home), `${JSON.stringify(access)}\n`);

export const readDatabaseAccess = (home: string): DatabaseAccess | null => {
  const text = readPrivateFile(fileOf(home));
  return text === null ? null : (JSON.parse(text) as DatabaseAccess);
};

/** The database of a configuration as its owner: the one given, or the one that runs on the home; null: neither. */
export const ownerUrlOf = ({ databaseUrl, home }: Pick<Config, 'databaseUrl' | 'home'>): string | null =>
  databaseUrl ?? readDatabaseAccess(home)?.ownerUrl ?? null;

export const removeDatabaseAccess = (home: string): void => rmSync(fileOf(home), { force: true });
