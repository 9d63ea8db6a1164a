import type { KeyClass } from '../custody.port.js';

/** A key-encryption key: 32 bytes, of one class and epoch. */
export type KeyEncryptionKey = Readonly<{ keyClass: KeyClass; epoch: number; key: Buffer }>;

/**
 * Where key-encryption keys live: outside the database and outside every backup of it.
 * Any failure is thrown as it is; custody answers `KMS_UNAVAILABLE` and holds it as the cause.
 */
export interface Kms {
  /** All living keys, as they stand now. Empty for a store that was never used. */
  load(): Promise<readonly KeyEncryptionKey[]>;

  /** Makes the key of a class and epoch, or leaves the one that is there. Durable, its backup included, when it resolves. */
  create(keyClass: KeyClass, epoch: number): Promise<void>;

  /** Destroys a key and every copy of it, the backup included; gone for ever when it resolves. Idempotent. */
  destroy(keyClass: KeyClass, epoch: number): Promise<void>;
}
