import type { KeyObject } from 'node:crypto';
import { freshNonce } from './aead.js';
import type { KeyContext } from './key-derivation.js';
import {
  BODY_FORM,
  canonicalBytes,
  NONCE_FORM,
  openText,
  placeOf,
  sealText,
  type PlaceLabel,
} from './seal-text.js';

/**
 * `LS2:<field>:<event id>:<nonce>:<ciphertext and tag>`: names no key. A key reference would be the same in all that a
 * person left in a category, and the key's row says whose it is: what no window closes on, once every day's has. Who
 * derives the name of the stream has the key already.
 */
const MAGIC = 'LS2';
const REST = new RegExp(`^(${NONCE_FORM}):(${BODY_FORM})$`);

/** What was bought, said or asked for: with 32 bytes as the smallest bucket the length would tell one from the other. */
const SMALLEST = 256;

export const sealUnnamed = (
  key: KeyObject,
  context: KeyContext,
  label: PlaceLabel,
  plaintext: string,
): string => {
  const nonce = freshNonce();
  const header = `${MAGIC}:${placeOf(label)}:${nonce.toString('base64url')}`;
  return sealText({ key, context, smallest: SMALLEST }, { header, nonce }, plaintext);
};

/** Null: not sealed under this key, in this context, for this field of this event. */
export const openUnnamed = (
  key: KeyObject,
  context: KeyContext,
  label: PlaceLabel,
  value: string,
): string | null => {
  const start = `${MAGIC}:${placeOf(label)}:`;
  const match = value.startsWith(start) ? REST.exec(value.slice(start.length)) : null;
  if (match === null) return null;
  const [, short = '', body = ''] = match;
  const ciphertext = canonicalBytes(body);
  if (ciphertext === null) return null;
  const header = `${start}${short}`;
  return openText({ key, context }, { header, nonce: Buffer.from(short, 'base64url') }, ciphertext);
};
