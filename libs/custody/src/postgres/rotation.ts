import type { KeyClass, Rotation } from '../custody.port.js';
import type { Kms } from '../kms/kms.port.js';
import type { Database } from './database.js';
import {
  drawCut,
  finishEpoch,
  insertEpoch,
  KEY_CLASSES,
  readEpoch,
  readEpochs,
  switchEpoch,
  toRotation,
  type EpochRow,
} from './epoch-store.js';
import type { KeyOpener } from './key-opener.js';
import { makeLookupKey, readLookupKey, stageChunk, switchClaims } from './lookup-rotation.js';
import { rewrapAll } from './rewrap.js';

/** What is durable when it is told: a crash right after each of them is made good at the next start or rotation. */
export type RotationStep = 'created' | 'cut' | 'staged' | 'switched' | 'rewrapped' | 'destroyed' | 'finished';

export type RotationParts = Readonly<{
  database: Database;
  keys: KeyOpener;
  kms: Kms;
  /** Told after each durable step; a rejection stops the rotation there. */
  onStep: (step: `${KeyClass}/${RotationStep}`) => void | Promise<void>;
}>;

const readOne = (parts: RotationParts, keyClass: KeyClass): Promise<EpochRow> =>
  parts.database.aside('shared', (client) => readEpoch(client, keyClass));

/** First start of a store: an epoch of each class, after any that the KMS has ever seen. */
export const makeFirstEpochs = async ({
  database,
  keys,
  kms,
}: Omit<RotationParts, 'onStep'>): Promise<void> =>
  database.aside('exclusive', async (client) => {
    const found = await client.query<{ key_class: KeyClass }>('SELECT key_class FROM custody.epochs');
    const known = new Set(found.rows.map((row) => row.key_class));
    for (const keyClass of KEY_CLASSES.filter((one) => !known.has(one))) {
      const held = (await kms.load()).filter((key) => key.keyClass === keyClass);
      const epoch = Math.max(0, ...held.map((key) => key.epoch)) + 1;
      await kms.create(keyClass, epoch);
      await keys.ring.reloadKeks();
      if (keyClass === 'lookup') await makeLookupKey(client, keys.ring, epoch);
      await insertEpoch(client, keyClass, epoch);
    }
  });

const isDue = (row: EpochRow): boolean => row.pending === null && row.previous === null && row.dirty;

/** Begins the rotation of every class in which something was destroyed, all at one moment. */
export const beginRotations = async (parts: RotationParts, now: string): Promise<void> => {
  const { database, keys, kms, onStep } = parts;
  const due = (await database.aside('shared', readEpochs)).filter(isDue);
  if (due.length === 0) return;
  for (const row of due) {
    await kms.create(row.key_class, row.current + 1);
    await onStep(`${row.key_class}/created`);
  }
  await keys.ring.reloadKeks();
  await database.aside('exclusive', async (client) => {
    for (const row of (await readEpochs(client)).filter(isDue)) {
      const pending = row.current + 1;
      // What became due only now has no key yet: the next night's.
      if (!due.some((one) => one.key_class === row.key_class && one.current === row.current)) continue;
      await drawCut(client, row.key_class, { pending, now });
      if (row.key_class === 'lookup') await makeLookupKey(client, keys.ring, pending);
      else await switchEpoch(client, row.key_class);
    }
  });
  await keys.ring.refresh();
  for (const row of due) await onStep(`${row.key_class}/cut`);
};

/** Lookup only: the claims are computed anew beside the running work, then switched at one moment. */
const switchLookup = async (parts: RotationParts, row: EpochRow, pending: number): Promise<void> => {
  const { database, keys } = parts;
  const from = keys.ring.lookup;
  const to = await database.aside('shared', (client) => readLookupKey(client, keys.ring, pending));
  for (let after: string | null = '0'; after !== null;) {
    const last: string = after;
    after = await database.aside('shared', (client) => stageChunk(client, keys, { from, to }, last));
  }
  await parts.onStep('lookup/staged');
  await database.aside('exclusive', async (client) => {
    const fresh = await readEpoch(client, 'lookup');
    if (fresh.pending !== pending || fresh.current !== row.current) return;
    await switchClaims(client, keys, { from, to });
    await switchEpoch(client, 'lookup');
  });
  await keys.ring.refresh();
  await parts.onStep('lookup/switched');
};

/** All living keys are under the new key; then the old one is destroyed with its backup. */
const finish = async (parts: RotationParts, row: EpochRow, previous: number, now: string): Promise<void> => {
  const { database, keys, kms } = parts;
  const keyClass = row.key_class;
  if (keyClass !== 'lookup') {
    const onChunk = async (): Promise<void> => parts.onStep(`${keyClass}/rewrapped`);
    await rewrapAll(database, keys.ring, keyClass, { epoch: row.current, onChunk });
  }
  for (const held of await kms.load())
    if (held.keyClass === keyClass && held.epoch < row.current) await kms.destroy(keyClass, held.epoch);
  await kms.destroy(keyClass, previous);
  await parts.onStep(`${keyClass}/destroyed`);
  await database.aside('exclusive', (client) => finishEpoch(client, keyClass, now));
  await keys.ring.refresh();
  await parts.onStep(`${keyClass}/finished`);
};

/** Brings a class to rest, wherever its rotation stands. `now` is null at a start, which knows no business clock. */
export const settleClass = async (
  parts: RotationParts,
  keyClass: KeyClass,
  now: string | null,
): Promise<void> => {
  for (;;) {
    const row = await readOne(parts, keyClass);
    const at = now ?? row.cut?.toISOString() ?? '';
    if (row.previous !== null) await finish(parts, row, row.previous, at);
    else if (row.pending !== null) await switchLookup(parts, row, row.pending);
    else return;
  }
};

export const allRotations = async (database: Database): Promise<readonly Rotation[]> => {
  const rows = await database.read<EpochRow>('rotations', 'SELECT * FROM custody.epochs ORDER BY key_class');
  return rows.flatMap((row) => toRotation(row) ?? []);
};
