import type { ClosedNight } from '../nights.port.js';
import type { Database } from './database.js';
import type { KeyOpener } from './key-opener.js';
import type { NightKeeper } from './night-keeper.js';
import {
  askHolders,
  closingNights,
  dismissAll,
  markClosing,
  nightKeys,
  type NightRef,
  type NightRow,
} from './night-store.js';
import { scopedKeys } from './scoped-keys.js';

export type ClosingParts = Readonly<{
  database: Database;
  keys: KeyOpener;
  keeper: NightKeeper;
  /**
   * A holder that neither released nor holds the lock is dead, or has lost its session and is about to take the lock
   * again: so long it is waited for. What a dead process had under way is then in the log, or never will be.
   */
  graceMs: number;
}>;

const ASK_AGAIN_MS = 25;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));

/** Waits without end for who holds the night: what it seals must be in the log when the night is read. */
const drained = async ({ database, graceMs }: ClosingParts, ref: NightRef): Promise<void> => {
  let freeSince: number | null = null;
  for (;;) {
    const { free, holders } = await askHolders(database, ref);
    if (free && holders === 0) return;
    freeSince = free ? (freeSince ?? Date.now()) : null;
    if (freeSince !== null && Date.now() - freeSince >= graceMs) {
      await dismissAll(database, ref);
      return;
    }
    await pause();
  }
};

const closed = ({ keys }: ClosingParts, tenant: string, row: NightRow): ClosedNight | null => {
  const derived = nightKeys(keys, tenant, row);
  if (derived === null) return null;
  return { ...scopedKeys(derived, []), night: row.night, from: BigInt(row.from_position) };
};

/** Every night up to one: no new holds, the old ones drained, and the keys for whoever counts them. */
export const closeNights = async (
  parts: ClosingParts,
  tenant: string,
  through: string,
): Promise<readonly ClosedNight[]> => {
  const { database, keys, keeper } = parts;
  await markClosing(database, tenant, through);
  const rows = await closingNights(database, tenant, through);
  for (const { night } of rows) {
    await keeper.letGoIdle({ tenant, night });
    await drained(parts, { tenant, night });
  }
  return keys.ring.upToDate(async () =>
    (await closingNights(database, tenant, through)).flatMap((row) => closed(parts, tenant, row) ?? []),
  );
};
