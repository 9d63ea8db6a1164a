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

export const subjectContext = ({ ref, tenant, subject, category }: KeyOwner): WrapContext => ({
  ref,
  tenant,
  owner: subject,
  category,
  scope: MEMBERSHIP,
});

export const scopeContext = (
  ref: string,
  slot: Readonly<{ tenant: string; category: string }>,
): WrapContext => ({ ref, tenant: slot.tenant, owner: '', category: slot.category, scope: MEMBERSHIP });

/** Turns key rows that have just been read, fences included, into keys. */
export class KeyOpener {
  // A handful: one per tenant and category. Dropped as a whole when a scope's row is not what it was.
  private readonly scopes = new Map<string, Buffer>();

  constructor(
    readonly ring: KeyRing,
    private readonly cache: KeyCache,
  ) {}

  scope(slot: Readonly<{ tenant: string; category: string }>, row: ScopeRow): Buffer | null {
    if (row.wrapped === null) {
      this.scopes.delete(row.ref);
      return null;
    }
    const known = this.scopes.get(row.ref);
    if (known) return known;
    const key = this.ring.unwrap(row.wrapped, scopeContext(row.ref, slot));
    this.scopes.set(row.ref, key);
    return key;
  }

  /** A key that is being made: what was registered is soon verified or corrected. Its row is read first, as ever. */
  remember(entry: KeyEntry): void {
    this.cache.put(entry);
  }

  /** Null: one of the two factors has been destroyed. */
  entry(owner: KeyOwner, wrapped: Buffer | null, scope: ScopeRow): KeyEntry | null {
    const scopeKey = this.scope(owner, scope);
    if (wrapped === null || scopeKey === null) {
      this.cache.forget(owner.ref);
      return null;
    }
    const known = this.cache.get(owner.ref);
    if (known) return known;
    const entry = new KeyEntry(owner, this.ring.unwrap(wrapped, subjectContext(owner)), scopeKey);
    this.cache.put(entry);
    return entry;
  }
}
