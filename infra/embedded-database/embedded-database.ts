import { join, resolve } from 'node:path';
import { findBinaries } from './binaries.js';
import { initialiseData, prepareFolder, readPassword } from './data-folder.js';
import { startKeptServer, type Keeping } from './kept-server.js';
import { leaveFolder, takeFolder } from './owner.js';
import { serverUser } from './server-user.js';

/** A running PostgreSQL of our own: its superuser's address, and how to stop it. */
export type EmbeddedDatabase = Readonly<{
  url: string;
  port: number;
  /** Another one after a restart. */
  readonly pid: number;
  /** Where the data really lies: elsewhere where the server user cannot reach the folder asked for. */
  folder: string;
  stop(): Promise<void>;
}>;

export type EmbeddedOptions = Readonly<{
  /** Holds `data/`, `password` (0600), `owner.json` and the server's log. */
  folder: string;
  settings?: Readonly<Record<string, string>>;
  /** Given: a server that ends by itself is started again. Absent: it stays away. */
  keeping?: Keeping;
}>;

/**
 * Starts PostgreSQL on 127.0.0.1 at a random port over `folder`, making the data on the first start. A server that
 * a killed predecessor left running there is stopped first; a folder whose owner lives is refused.
 * When it resolves the server takes connections; when `stop` resolves it has ended, with everything on disk.
 */
export const startEmbeddedDatabase = async (options: EmbeddedOptions): Promise<EmbeddedDatabase> => {
  const user = serverUser(join(options.folder, 'data'));
  const folder = prepareFolder(resolve(options.folder), user);
  takeFolder(folder);
  try {
    const binaries = findBinaries(folder, user);
    initialiseData(folder, binaries, user);
    const start = { folder, binaries, user, settings: options.settings ?? {} };
    const server = await startKeptServer(start, options.keeping);
    return {
      get pid() {
        return server.pid;
      },
      port: server.port,
      url: `postgres://postgres:${readPassword(folder)}@127.0.0.1:${server.port}/postgres`,
      folder,
      stop: async () => {
        await server.stop();
        leaveFolder(folder);
      },
    };
  } catch (error) {
    leaveFolder(folder);
    throw error;
  }
};
