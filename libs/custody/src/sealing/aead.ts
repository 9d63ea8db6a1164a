import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { freshRandom } from './byte-string.js';

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

const ALGORITHM = 'aes-256-gcm';
// Without it Node accepts a tag cut to 4 bytes.
const WITH_FULL_TAG = { authTagLength: TAG_BYTES };

/** A place under a key: `nonce` is random and 96 bits; there is no way to choose one from outside this folder. */
export const freshNonce = (): Buffer => freshRandom(NONCE_BYTES);

/**
 * A key as an object, never as bytes: Node's ciphers and HMACs take it four times faster than a buffer (which they
 * turn into one at every call), and its bytes are not on the JavaScript heap.
 */
export const toKey = (bytes: Buffer): KeyObject => createSecretKey(bytes);

const fits = (key: KeyObject, nonce: Buffer): boolean =>
  key.symmetricKeySize === KEY_BYTES && nonce.length === NONCE_BYTES;

/** AES-256-GCM: ciphertext and its 16-byte tag. */
export const encrypt = (key: KeyObject, nonce: Buffer, associated: Buffer, plaintext: Buffer): Buffer => {
  if (!fits(key, nonce)) throw new RangeError('AES-256-GCM takes a 32-byte key and a 12-byte nonce');
  const cipher = createCipheriv(ALGORITHM, key, nonce, WITH_FULL_TAG);
  cipher.setAAD(associated);
  const body = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([body, cipher.getAuthTag()]);
};

/** The plaintext, or null: the key, the nonce, the associated data or a byte of it is not what was sealed. */
export const decrypt = (key: KeyObject, nonce: Buffer, associated: Buffer, sealed: Buffer): Buffer | null => {
  if (!fits(key, nonce) || sealed.length < TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, WITH_FULL_TAG);
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plaintext;
};
