import type { PoolClient } from 'pg';
import { unavailable, type Database } from './database.js';
import { LOCK_SHARED, UNLOCK_SHARED, type NightRef } from './night-store.js';

/** The session whose advisory locks say that this process records into a night. They go with it, in a crash as well. */
export class NightLock {
  private client: Promise<PoolClient> | null = null;

  constructor(
    private readonly database: Database,
    /** The session has ended, and all its locks with it. */
    private readonly onLost: () => void,
  ) {}

  async lock({ tenant, night }: NightRef): Promise<void> {
    await this.query(LOCK_SHARED, [tenant, night]);
  }

  async unlock({ tenant, night }: NightRef): Promise<void> {
    await this.query(UNLOCK_SHARED, [tenant, night]);
  }

  close(): void {
    void this.client?.then((client) => client.release(true)).catch(() => undefined);
    this.client = null;
  }

  private async query(text: string, values: readonly string[]): Promise<void> {
    const client = await this.session();
    try {
      await client.query(text, [...values]);
    } catch (error) {
      throw unavailable(error);
    }
  }

  private session(): Promise<PoolClient> {
    this.client ??= this.open();
    return this.client;
  }

  private async open(): Promise<PoolClient> {
    try {
      const client = await this.database.holder();
      // A session that is cut off says so twice, and is given back once.
      let isLost = false;
      const lost = (): void => {
        if (!isLost) this.lose(client);
        isLost = true;
      };
      client.once('end', lost);
      client.once('error', lost);
      return client;
    } catch (error) {
      this.client = null;
      throw error;
    }
  }

  private lose(client: PoolClient): void {
    void this.client?.then((current) => {
      if (current !== client) return;
      this.client = null;
      client.release(true);
      this.onLost();
    });
  }
}
