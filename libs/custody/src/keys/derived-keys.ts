import type { KeyObject } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import { deriveKey, type KeyContext, type Purpose } from '../sealing/key-derivation.js';

/** Half of what SP 800-38D (8.3) allows a key with random 96-bit nonces. */
export const MOST_USES = 2 ** 31;

/** What the factors give in one context; each purpose is derived once, and only when it is asked for. */
export class DerivedKeys {
  private readonly derived = new Map<Purpose | 'claim', KeyObject>();
  private uses = 0;

  constructor(
    private readonly factor: KeyObject,
    readonly context: KeyContext,
    private readonly mostUses = MOST_USES,
  ) {}

  /** `claim`: purpose `tag` in a scope of its own, so that no key serves both HMAC and AES. */
  key(purpose: Purpose | 'claim'): KeyObject {
    const known = this.derived.get(purpose);
    if (known) return known;
    const key =
      purpose === 'claim'
        ? deriveKey(this.factor, 'tag', { ...this.context, scope: `${this.context.scope}/claim` })
        : deriveKey(this.factor, purpose, this.context);
    this.derived.set(purpose, key);
    return key;
  }

  /** The key for one more encryption. */
  use(purpose: 'seal' | 'claim'): KeyObject {
    if (this.uses >= this.mostUses) throw new LacunaError('KEY_EXHAUSTED', 'a key has been used 2^31 times');
    this.uses += 1;
    return this.key(purpose);
  }
}
