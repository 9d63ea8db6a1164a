import type { KeyObject } from 'node:crypto';
import { hasCode, LacunaError } from '@lacuna/domain/kernel';
import type { KeyClass } from '../custody.port.js';
import { lookupKeys, type LookupKeys } from '../claims/claim-codec.js';
import { parseWrapped, sameContext, unwrapKey, wrapKey, type WrapContext } from '../keys/wrapped-key.js';
import type { Kms } from '../kms/kms.port.js';
import { toKey } from '../sealing/aead.js';
import type { Database } from './database.js';

export type EpochMap = Readonly<Record<KeyClass, number>>;

type EpochRow = Readonly<{ key_class: KeyClass; current: number }>;
type LookupRow = Readonly<{ epoch: number; ref: string; wrapped: Buffer }>;

/** The context a lookup epoch key is wrapped in. */
export const lookupContext = (ref: string, epoch: number): WrapContext => ({
  ref,
  tenant: '',
  owner: '',
  category: 'lookup',
  scope: String(epoch),
});

const kekName = (keyClass: KeyClass, epoch: number): string => `${keyClass}/${epoch}`;

/** A cached key-encryption key bridges an outage of the KMS for so long, then nothing is wrapped or unwrapped. */
const BRIDGE_MS = 5 * 60_000;
const RELOAD_MS = 60_000;
const MOST_RELOADS = 8;

/**
 * The key-encryption keys and the lookup epoch's keys as this process last saw them. Whoever uses them compares
 * the epochs in the database in the same breath (`matches`) and asks for `refresh` when they have moved on.
 */
export class KeyRing {
  private keks: ReadonlyMap<string, KeyObject> = new Map();
  private epochs: EpochMap = { scope: 0, subject: 0, lookup: 0 };
  private current: LookupKeys | null = null;
  private loadedAt = 0;
  private loading: Promise<void> | null = null;

  constructor(
    private readonly database: Database,
    private readonly kms: Kms,
  ) {}

  matches(epochs: Partial<EpochMap>): boolean {
    return (Object.keys(epochs) as KeyClass[]).every(
      (keyClass) => epochs[keyClass] === this.epochs[keyClass],
    );
  }

  get lookup(): LookupKeys {
    if (this.current === null) throw new LacunaError('KMS_UNAVAILABLE', 'the lookup key is not loaded');
    return this.current;
  }

  epoch(keyClass: KeyClass): number {
    return this.epochs[keyClass];
  }

  /** Reloads once in a while; a failure is borne while what is known is young enough. */
  private async fresh(): Promise<void> {
    const age = Date.now() - this.loadedAt;
    if (age < RELOAD_MS) return;
    try {
      await this.refresh();
    } catch (error) {
      if (age >= BRIDGE_MS) throw error;
    }
  }

  /** Runs what leans on the ring; where a rotation has moved on, the keys are reloaded and it runs again. */
  async upToDate<T>(work: () => Promise<T>): Promise<T> {
    await this.fresh();
    for (let reloads = 0; ; reloads += 1) {
      try {
        return await work();
      } catch (error) {
        if (!hasCode(error, 'EPOCH_STALE', 'KEK_MISSING') || reloads >= MOST_RELOADS) throw error;
        await this.refresh();
      }
    }
  }

  refresh(): Promise<void> {
    this.loading ??= this.load().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  /** All living key-encryption keys, straight from the KMS; what it no longer holds is forgotten. */
  async reloadKeks(): Promise<void> {
    const keys = await this.kms.load();
    this.keks = new Map(keys.map(({ keyClass, epoch, key }) => [kekName(keyClass, epoch), toKey(key)]));
  }

  private async load(): Promise<void> {
    const epochs = await this.database.read<EpochRow>(
      'ring-epochs',
      'SELECT key_class, current FROM custody.epochs',
    );
    const lookups = await this.database.read<LookupRow>(
      'ring-lookup',
      `SELECT l.epoch, l.ref, l.wrapped FROM custody.lookup_keys l
         JOIN custody.epochs e ON e.key_class = 'lookup' AND e.current = l.epoch`,
    );
    await this.reloadKeks();
    const next = { scope: 0, subject: 0, lookup: 0 };
    for (const row of epochs) next[row.key_class] = row.current;
    const lookup = lookups[0];
    if (lookup) {
      const key = this.unwrap(lookup.wrapped, lookupContext(lookup.ref, lookup.epoch));
      this.current = lookupKeys(lookup.epoch, toKey(key));
      next.lookup = lookup.epoch;
    }
    this.epochs = next;
    this.loadedAt = Date.now();
  }

  private kek(keyClass: KeyClass, epoch: number): KeyObject {
    const kek = this.keks.get(kekName(keyClass, epoch));
    if (kek) return kek;
    throw new LacunaError('KEK_MISSING', `the KMS does not hold the ${keyClass} key-encryption key ${epoch}`);
  }

  /** Wraps under the current epoch of the class, or under the one named. */
  wrap(keyClass: KeyClass, context: WrapContext, key: Buffer, epoch = this.epochs[keyClass]): Buffer {
    return wrapKey({ keyClass, kekEpoch: epoch, kek: this.kek(keyClass, epoch) }, context, key);
  }

  /** `KEK_MISSING`: wrapped under a key this process does not know (yet, or any more): refresh and read the row again. */
  unwrap(bytes: Buffer, context: WrapContext): Buffer {
    const wrapped = parseWrapped(bytes);
    const key =
      wrapped && sameContext(wrapped.context, context)
        ? unwrapKey(this.kek(wrapped.keyClass, wrapped.kekEpoch), wrapped)
        : null;
    if (key === null) throw new LacunaError('KEY_CORRUPT', 'a wrapped key is not what was stored');
    return key;
  }
}
