import type { KeyObject } from 'node:crypto';
import { decrypt, encrypt, freshNonce, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from '../sealing/aead.js';
import { lengthPrefixed, readLengthPrefixed } from '../sealing/byte-string.js';
import type { KeyClass } from '../custody.port.js';

/**
 * What a key belongs to. `ref` is its row's id; `owner` the subject (empty for keys that have none);
 * `category` and `scope` as in the sealed values, or the key's own kind (`lookup`, `request`) and epoch.
 */
export type WrapContext = Readonly<{
  ref: string;
  tenant: string;
  owner: string;
  category: string;
  scope: string;
}>;

export type WrappedKey = Readonly<{
  keyClass: KeyClass;
  kekEpoch: number;
  context: WrapContext;
  header: Buffer;
  nonce: Buffer;
  body: Buffer;
}>;

/** Marks a wrapped key wherever it lies: an attacker knows the format, so our own attacker's tool does as well. */
export const WRAP_MAGIC = Buffer.from('LWK1', 'latin1');

const CLASSES: readonly KeyClass[] = ['scope', 'subject', 'lookup'];
const FIXED = WRAP_MAGIC.length + 1 + 4 + 2;
const BODY = KEY_BYTES + TAG_BYTES;

/**
 * `LWK1 | class | key-encryption epoch (32) | length (16) | length-prefixed context | nonce | key and tag`.
 * The context is written out and is the associated data: a wrapped key cannot be moved to another
 * tenant, subject, category, scope or row, and can be recognised wherever it was copied to.
 */
const headerOf = (keyClass: KeyClass, kekEpoch: number, context: WrapContext): Buffer => {
  const { ref, tenant, owner, category, scope } = context;
  const bound = lengthPrefixed(ref, tenant, owner, category, scope);
  const header = Buffer.allocUnsafe(FIXED + bound.length);
  let at = WRAP_MAGIC.copy(header, 0);
  at = header.writeUInt8(CLASSES.indexOf(keyClass), at);
  at = header.writeUInt32BE(kekEpoch, at);
  at = header.writeUInt16BE(bound.length, at);
  bound.copy(header, at);
  return header;
};

export type Wrapping = Readonly<{ keyClass: KeyClass; kekEpoch: number; kek: KeyObject }>;

export const wrapKey = ({ keyClass, kekEpoch, kek }: Wrapping, context: WrapContext, key: Buffer): Buffer => {
  const header = headerOf(keyClass, kekEpoch, context);
  const nonce = freshNonce();
  return Buffer.concat([header, nonce, encrypt(kek, nonce, header, key)]);
};

const readContext = (bound: Buffer): WrapContext | null => {
  const [ref, tenant, owner, category, scope] = (readLengthPrefixed(bound) ?? []).map((part) =>
    part.toString('utf8'),
  );
  if (ref === undefined || tenant === undefined || owner === undefined) return null;
  if (category === undefined || scope === undefined) return null;
  return { ref, tenant, owner, category, scope };
};

/** Reads the outside of a wrapped key at the start of `bytes`; what follows it is left alone. Null: none there. */
export const parseWrapped = (bytes: Buffer): WrappedKey | null => {
  if (bytes.length < FIXED || bytes.compare(WRAP_MAGIC, 0, 4, 0, 4) !== 0) return null;
  const keyClass = CLASSES[bytes.readUInt8(4)];
  const headerEnd = FIXED + bytes.readUInt16BE(9);
  if (keyClass === undefined || bytes.length < headerEnd + NONCE_BYTES + BODY) return null;
  const context = readContext(bytes.subarray(FIXED, headerEnd));
  if (context === null) return null;
  return {
    keyClass,
    kekEpoch: bytes.readUInt32BE(5),
    context,
    header: bytes.subarray(0, headerEnd),
    nonce: bytes.subarray(headerEnd, headerEnd + NONCE_BYTES),
    body: bytes.subarray(headerEnd + NONCE_BYTES, headerEnd + NONCE_BYTES + BODY),
  };
};

/** The key, or null: another key-encryption key, or a header that was altered. */
export const unwrapKey = (kek: KeyObject, wrapped: WrappedKey): Buffer | null =>
  decrypt(kek, wrapped.nonce, wrapped.header, wrapped.body);

export const sameContext = (left: WrapContext, right: WrapContext): boolean =>
  left.ref === right.ref &&
  left.tenant === right.tenant &&
  left.owner === right.owner &&
  left.category === right.category &&
  left.scope === right.scope;
