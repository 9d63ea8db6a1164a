import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase, type EmbeddedDatabase } from '@lacuna/embedded-database';
import { familyOf } from '../product/processes.js';

const clear = (folder: string, isMount: boolean): void => {
  if (isMount) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
};

/** A PostgreSQL server that a test may freeze or fill: nobody else's databases are on it. */
export class OwnDatabase {
  readonly #folder: string;
  readonly #isMount: boolean;
  readonly #server: EmbeddedDatabase;
  readonly #before = process.env['LACUNA_TEST_DATABASE_URL'];

  private constructor(folder: string, isMount: boolean, server: EmbeddedDatabase) {
    this.#folder = folder;
    this.#isMount = isMount;
    this.#server = server;
    // From here on `freshDatabase` makes its databases here.
    process.env['LACUNA_TEST_DATABASE_URL'] = server.url;
  }

  /** `sizeMb`: on a disk of its own, of this size. */
  static async start(sizeMb: number | null = null): Promise<OwnDatabase> {
    const folder = mkdtempSync(join(tmpdir(), 'lacuna-own-'));
    if (sizeMb !== null)
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'lacuna-full', folder]);
    // The database's own user must get through where the test runs as root.
    chmodSync(folder, 0o711);
    const settings = { max_connections: '100', min_wal_size: '32MB', max_wal_size: '32MB' };
    try {
      const server = await startEmbeddedDatabase({ folder: join(folder, 'postgres'), settings });
      return new OwnDatabase(folder, sizeMb !== null, server);
    } catch (error) {
      clear(folder, sizeMb !== null);
      throw error;
    }
  }

  get folder(): string {
    return this.#folder;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** To the server and all that it has started. */
  signal(name: NodeJS.Signals): void {
    for (const pid of familyOf(this.#server.pid))
      try {
        process.kill(pid, name);
      } catch {
        // A session that has ended meanwhile.
      }
  }

  async remove(): Promise<void> {
    await this.#server.stop();
    clear(this.#folder, this.#isMount);
    if (this.#before !== undefined) process.env['LACUNA_TEST_DATABASE_URL'] = this.#before;
  }
}

/** Whether this run may give a database a disk of its own. */
export const mayMount = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'lacuna-try', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
