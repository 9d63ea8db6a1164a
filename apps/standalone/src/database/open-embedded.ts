import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedDatabase, type Keeping } from '@lacuna/embedded-database';
import { removeDatabaseAccess, writeDatabaseAccess } from '@lacuna/runtime';
import { withOwner, type HostProcess } from '../../../host/src/index.js';

/** The embedded database of a home: `movedTo`, where its data really lies if not there. */
export type EmbeddedAccess = Readonly<{ ownerUrl: string; movedTo: string | null }>;

const DATABASE = 'lacuna';
/** Four apps, two of each, and whoever looks past them. */
const MOST_CONNECTIONS = '200';

const ensureDatabase = (serverUrl: string): Promise<string> =>
  withOwner(serverUrl, async (owner) => {
    const found = await owner.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await owner.query(`CREATE DATABASE ${DATABASE}`);
    const url = new URL(serverUrl);
    url.pathname = `/${DATABASE}`;
    return url.href;
  });

/** The embedded database ended and nobody asked it to: every connection comes back by itself once it is up again. */
const keepingFor = ({ logger, stop }: Pick<HostProcess, 'logger' | 'stop'>): Keeping => ({
  onRestart: () => logger.error('the database had ended by itself and was started again'),
  onLost: (err) => {
    logger.fatal('the database ended by itself and does not start again', { err });
    process.stderr.write('Lacuna stops: its database ended by itself and does not start again.\n');
    stop('the database is lost', 1);
  },
});

/**
 * Starts the embedded PostgreSQL of a home, kept running, and tells the other processes of the home where it is. It
 * stops with this process, its address taken away first.
 */
export const openEmbedded = async (home: string, hosting: HostProcess): Promise<EmbeddedAccess> => {
  const folder = join(home, 'postgres');
  const embedded = await startEmbeddedDatabase({
    folder,
    settings: { max_connections: MOST_CONNECTIONS },
    keeping: keepingFor(hosting),
  });
  hosting.shutdown.add({ name: 'database', stop: () => embedded.stop(), limitMs: 60_000 });
  const ownerUrl = await ensureDatabase(embedded.url);
  writeDatabaseAccess(home, { ownerUrl });
  hosting.shutdown.add({ name: 'database address', stop: () => removeDatabaseAccess(home) });
  return { ownerUrl, movedTo: lstatSync(folder).isSymbolicLink() ? embedded.folder : null };
};
