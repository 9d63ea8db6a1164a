import type { KeyObject } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import { decrypt, encrypt } from './aead.js';
import { lengthPrefixed, uuidToBytes } from './byte-string.js';
import type { KeyContext } from './key-derivation.js';
import { pad, unpad } from './padding.js';

/** The pieces that all sealed forms are spelt with, as sources of a regular expression. */
export const FIELD_FORM = '[A-Za-z][A-Za-z0-9_.[\\]-]{0,63}';
export const UUID_FORM = '[\\w-]{22}';
export const NONCE_FORM = '[\\w-]{16}';
export const BODY_FORM = '[\\w-]{64,87406}';

const FIELD = new RegExp(`^${FIELD_FORM}$`);
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** What a value says of itself, whatever its form: where it belongs in its event. */
export type PlaceLabel = Readonly<{ field: string; eventId: string }>;

const associated = (header: string, context: KeyContext): Buffer =>
  lengthPrefixed(header, context.tenant, context.category, context.scope);

const paddedText = (plaintext: string, smallest?: number): Buffer => {
  // An ill-formed string would come back altered, and in silence.
  if (!plaintext.isWellFormed())
    throw new LacunaError('VALUE_NOT_UNICODE', 'a value to seal is not well-formed Unicode');
  const bytes = pad(Buffer.from(plaintext, 'utf8'), smallest);
  if (bytes === null) throw new LacunaError('VALUE_TOO_LONG', 'a value to seal is longer than 65,535 bytes');
  return bytes;
};

/** The values of one event come one after the other: their key's and event's short forms are made once. */
export const keepingLast = (make: (uuid: string) => string): ((uuid: string) => string) => {
  let last: Readonly<{ uuid: string; short: string }> | null = null;
  return (uuid) => {
    if (uuid !== last?.uuid) last = { uuid, short: make(uuid) };
    return last.short;
  };
};

export const inShort = (uuid: string): string => uuidToBytes(uuid).toString('base64url');

const shortEvent = keepingLast((eventId) => {
  if (!UUID.test(eventId)) throw new LacunaError('SEAL_LABEL_INVALID', 'the event id is no lower-case UUID');
  return inShort(eventId);
});

/** `<field>:<event id>`, the event id in short. */
export const placeOf = ({ field, eventId }: PlaceLabel): string => {
  if (!FIELD.test(field)) throw new LacunaError('SEAL_LABEL_INVALID', 'not a field label');
  return `${field}:${shortEvent(eventId)}`;
};

/** A header with its nonce: with tenant, category and scope the associated data. */
export type Header = Readonly<{ header: string; nonce: Buffer }>;

export type SealKey = Readonly<{ key: KeyObject; context: KeyContext; smallest?: number }>;

/** `<header>:<ciphertext and tag>`. */
export const sealText = (
  { key, context, smallest }: SealKey,
  { header, nonce }: Header,
  text: string,
): string => {
  const ciphertext = encrypt(key, nonce, associated(header, context), paddedText(text, smallest));
  return `${header}:${ciphertext.toString('base64url')}`;
};

/** Bytes of base64url in its one canonical spelling, or null. */
export const canonicalBytes = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
};

/** Null: the value was not sealed under this key, in this context, under this header. */
export const openText = (
  { key, context }: SealKey,
  { header, nonce }: Header,
  ciphertext: Buffer,
): string | null => {
  const bytes = decrypt(key, nonce, associated(header, context), ciphertext);
  const text = bytes && unpad(bytes);
  return text ? text.toString('utf8') : null;
};
