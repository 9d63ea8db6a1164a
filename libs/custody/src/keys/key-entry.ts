import type { KeyObject } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import { deriveKey, MEMBERSHIP, twoFactorKey, type Purpose } from '../sealing/key-derivation.js';

/** Half of what SP 800-38D (8.3) allows a key with random 96-bit nonces. */
export const MOST_USES = 2 ** 31;

/** A row of `subject_keys` without its key. */
export type KeyOwner = Readonly<{ ref: string; tenant: string; subject: string; category: string }>;

/** A subject's key of one category, unwrapped, joined with its scope key; each purpose is derived once. */
export class KeyEntry {
  private readonly factor: KeyObject;
  private readonly derived = new Map<Purpose | 'claim', KeyObject>();
  private uses = 0;

  constructor(
    readonly owner: KeyOwner,
    subjectKey: Buffer,
    scopeKey: Buffer,
    private readonly mostUses = MOST_USES,
  ) {
    this.factor = twoFactorKey(subjectKey, scopeKey);
  }

  /** `claim`: purpose `tag` in a scope of its own, so that no key serves both HMAC and AES. */
  key(purpose: Purpose | 'claim'): KeyObject {
    const known = this.derived.get(purpose);
    if (known) return known;
    const { tenant, category } = this.owner;
    const key =
      purpose === 'claim'
        ? deriveKey(this.factor, 'tag', { tenant, category, scope: `${MEMBERSHIP}/claim` })
        : deriveKey(this.factor, purpose, { tenant, category, scope: MEMBERSHIP });
    this.derived.set(purpose, key);
    return key;
  }

  get context(): Readonly<{ tenant: string; category: string; scope: string }> {
    return { tenant: this.owner.tenant, category: this.owner.category, scope: MEMBERSHIP };
  }

  /** The key for one more encryption. */
  use(purpose: 'seal' | 'claim'): KeyObject {
    if (this.uses >= this.mostUses) throw new LacunaError('KEY_EXHAUSTED', 'a key has been used 2^31 times');
    this.uses += 1;
    return this.key(purpose);
  }
}
