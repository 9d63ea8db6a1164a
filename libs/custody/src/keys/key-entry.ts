import { twoFactorKey } from '../sealing/key-derivation.js';
import { DerivedKeys, MOST_USES } from './derived-keys.js';

/** A row of `subject_keys` without its key. */
export type KeyOwner = Readonly<{ ref: string; tenant: string; subject: string; category: string }>;

/** A scope's key, unwrapped. */
export type ScopeKey = Readonly<{ scope: string; key: Buffer }>;

/** A subject's key of one category, unwrapped, joined with a key of one of the category's scopes. */
export class KeyEntry extends DerivedKeys {
  constructor(
    readonly owner: KeyOwner,
    subjectKey: Buffer,
    { scope, key }: ScopeKey,
    mostUses = MOST_USES,
  ) {
    super(twoFactorKey(subjectKey, key), { tenant: owner.tenant, category: owner.category, scope }, mostUses);
  }
}
