import { hasCode, type LacunaError } from '@lacuna/domain/kernel';
import { KeyEntry, type KeyOwner } from '../keys/key-entry.js';
import type { KeyCache } from '../keys/key-cache.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import type { WrapContext } from '../keys/wrapped-key.js';
import type { ScopeRow } from './facts.js';
import type { KeyRing } from './key-ring.js';

/** What is wrong with one key is an answer to the one who asked for it, not to the others of the batch. */
export const ownFault = <T>(work: () => T): T | LacunaError => {
  try {
    return work();
  } catch (error) {
    if (hasCode(error, 'KEY_CORRUPT', 'KEY_EXHAUSTED')) return error;
    throw error;
  }
};

/** A subject's key is no scope's: it is wrapped in the context of the membership, whatever it is joined with. */
export const subjectContext = ({ ref, tenant, subject, category }: KeyOwner): WrapContext => ({
  ref,
  tenant,
  owner: subject,
  category,
  scope: MEMBERSHIP,
});

/** A scope of a category, whether it has a key or not. */
export type ScopeSlot = Readonly<{ tenant: string; category: string; scope: string }>;

export const scopeContext = (ref: string, { tenant, category, scope }: ScopeSlot): WrapContext => ({
  ref,
  tenant,
  owner: '',
  category,
  scope,
});

/** Turns key rows that have just been read, fences included, into keys. */
export class KeyOpener {
  constructor(
    readonly ring: KeyRing,
    private readonly cache: KeyCache<KeyEntry>,
    private readonly scopes: KeyCache<Buffer>,
  ) {}

  scope(slot: Readonly<{ tenant: string; category: string }>, row: ScopeRow): Buffer | null {
    if (row.wrapped === null) {
      this.scopes.forget(row.ref);
      return null;
    }
    const known = this.scopes.get(row.ref, row.scope);
    if (known) return known;
    const context = scopeContext(row.ref, { ...slot, scope: row.scope });
    const key = this.ring.unwrap(row.wrapped, context);
    this.scopes.put(row.ref, row.scope, key);
    return key;
  }

  /** A key that is being made: what was registered is soon verified or corrected. Its row is read first, as ever. */
  remember(entry: KeyEntry): void {
    this.cache.put(entry.owner.ref, entry.context.scope, entry);
  }

  /** Null: one of the two factors has been destroyed. */
  entry(owner: KeyOwner, wrapped: Buffer | null, scope: ScopeRow): KeyEntry | null {
    const scopeKey = this.scope(owner, scope);
    if (wrapped === null) this.cache.forget(owner.ref);
    if (wrapped === null || scopeKey === null) return null;
    const known = this.cache.get(owner.ref, scope.scope);
    if (known) return known;
    const joined = { scope: scope.scope, key: scopeKey };
    const entry = new KeyEntry(owner, this.ring.unwrap(wrapped, subjectContext(owner)), joined);
    this.remember(entry);
    return entry;
  }

  /**
   * One subject's key with many scopes, those without a living key left out. Unwrapped once and not kept: half a year
   * of days for each reader would drive everything else out of the cache.
   */
  entries(owner: KeyOwner, wrapped: Buffer, scopes: readonly ScopeRow[]): readonly KeyEntry[] {
    const key = this.ring.unwrap(wrapped, subjectContext(owner));
    return scopes.flatMap((row) => {
      const scopeKey = this.scope(owner, row);
      if (scopeKey === null) return [];
      const known = this.cache.get(owner.ref, row.scope);
      return [known ?? new KeyEntry(owner, key, { scope: row.scope, key: scopeKey })];
    });
  }

  forgetKeys(refs: readonly string[]): void {
    for (const ref of refs) this.cache.forget(ref);
  }

  forgetScopes(refs: readonly string[]): void {
    for (const ref of refs) this.scopes.forget(ref);
  }

  close(): void {
    this.cache.close();
    this.scopes.close();
  }
}
