import type { PoolClient } from 'pg';
import { retrying, ROTATION_LOCK } from './database.js';
import { KEY_CLASSES } from './epoch-store.js';
import { changeMonth } from './month-rotation.js';
import { beginRotations, makeFirstEpochs, settleClass, type RotationParts } from './rotation.js';

const unlock = (client: PoolClient): Promise<unknown> =>
  client.query(`SELECT pg_advisory_unlock(${ROTATION_LOCK})`);

/** One rotation at a time among all processes on a database: the lock is a session's, and goes with it in a crash. */
export class RotationRun {
  constructor(private readonly parts: RotationParts) {}

  async makeFirstEpochs(): Promise<void> {
    await makeFirstEpochs(this.parts);
    await this.parts.keys.ring.refresh();
  }

  /** Completes what a crash cut in half; where somebody else is rotating just now there is nothing to complete. */
  resume(): Promise<void> {
    return this.parts.database.session(async (client) => {
      const lock = await client.query<{ mine: boolean }>(
        `SELECT pg_try_advisory_lock(${ROTATION_LOCK}) AS mine`,
      );
      if (!lock.rows[0]?.mine) return;
      try {
        await this.settle(null);
      } finally {
        await unlock(client);
      }
    });
  }

  run(now: string, month: string): Promise<void> {
    const { database, keys } = this.parts;
    return database.session(async (client) => {
      await retrying(() => client.query(`SELECT pg_advisory_lock(${ROTATION_LOCK})`));
      try {
        await keys.ring.upToDate(() => changeMonth(database, keys.ring, now, month));
        await this.settle(now);
        await keys.ring.upToDate(() => beginRotations(this.parts, now));
        await this.settle(now);
      } finally {
        await unlock(client);
      }
    });
  }

  private async settle(now: string | null): Promise<void> {
    for (const keyClass of KEY_CLASSES)
      await this.parts.keys.ring.upToDate(() => settleClass(this.parts, keyClass, now));
  }
}
