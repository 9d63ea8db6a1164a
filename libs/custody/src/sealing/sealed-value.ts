import type { KeyObject } from 'node:crypto';
import { LacunaError } from '@lacuna/domain/kernel';
import { decrypt, encrypt, freshNonce } from './aead.js';
import { bytesToUuid, lengthPrefixed, uuidToBytes } from './byte-string.js';
import type { KeyContext } from './key-derivation.js';
import { pad, unpad } from './padding.js';

/**
 * `LS1:<key reference>:<field>:<event id>:<nonce>:<ciphertext and tag>`, binary parts in base64url.
 * The magic names format and version; the key reference is a key row's opaque id, never the subject.
 */
const MAGIC = 'LS1';
const FORM =
  /^(LS1:([\w-]{22}):([A-Za-z][A-Za-z0-9_.[\]-]{0,63}):([\w-]{22}):([\w-]{16})):([\w-]{64,87406})$/;
const FIELD = /^[A-Za-z][A-Za-z0-9_.[\]-]{0,63}$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export type SealedLabel = Readonly<{ keyRef: string; field: string; eventId: string }>;

export type ParsedSealed = SealedLabel &
  Readonly<{
    /** All but the ciphertext, as it stands: with tenant, category and scope the associated data. */
    header: string;
    nonce: Buffer;
    ciphertext: Buffer;
  }>;

const associated = (header: string, context: KeyContext): Buffer =>
  lengthPrefixed(header, context.tenant, context.category, context.scope);

const padded = (plaintext: string): Buffer => {
  // An ill-formed string would come back altered, and in silence.
  if (!plaintext.isWellFormed())
    throw new LacunaError('VALUE_NOT_UNICODE', 'a value to seal is not well-formed Unicode');
  const bytes = pad(Buffer.from(plaintext, 'utf8'));
  if (bytes === null) throw new LacunaError('VALUE_TOO_LONG', 'a value to seal is longer than 65,535 bytes');
  return bytes;
};

/** The values of one event come one after the other: their key's and event's short forms are made once. */
const keepingLast = (make: (uuid: string) => string): ((uuid: string) => string) => {
  let last: Readonly<{ uuid: string; short: string }> | null = null;
  return (uuid) => {
    if (uuid !== last?.uuid) last = { uuid, short: make(uuid) };
    return last.short;
  };
};

const inShort = (uuid: string): string => uuidToBytes(uuid).toString('base64url');

const shortRef = keepingLast(inShort);

const shortEvent = keepingLast((eventId) => {
  if (!UUID.test(eventId)) throw new LacunaError('SEAL_LABEL_INVALID', 'the event id is no lower-case UUID');
  return inShort(eventId);
});

export const seal = (key: KeyObject, context: KeyContext, label: SealedLabel, plaintext: string): string => {
  if (!FIELD.test(label.field)) throw new LacunaError('SEAL_LABEL_INVALID', 'not a field label');
  const nonce = freshNonce();
  const place = `${shortRef(label.keyRef)}:${label.field}:${shortEvent(label.eventId)}`;
  const header = `${MAGIC}:${place}:${nonce.toString('base64url')}`;
  const ciphertext = encrypt(key, nonce, associated(header, context), padded(plaintext));
  return `${header}:${ciphertext.toString('base64url')}`;
};

/** Null: not of this form, or not in its one canonical spelling. */
export const parseSealed = (text: string): ParsedSealed | null => {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [, header = '', ref = '', field = '', event = '', nonce = '', body = ''] = match;
  const ciphertext = Buffer.from(body, 'base64url');
  if (ciphertext.toString('base64url') !== body) return null;
  return {
    header,
    keyRef: bytesToUuid(Buffer.from(ref, 'base64url')),
    field,
    eventId: bytesToUuid(Buffer.from(event, 'base64url')),
    nonce: Buffer.from(nonce, 'base64url'),
    ciphertext,
  };
};

/** Null: the value was not sealed under this key, in this context, with this label. */
export const open = (key: KeyObject, context: KeyContext, value: ParsedSealed): string | null => {
  const bytes = decrypt(key, value.nonce, associated(value.header, context), value.ciphertext);
  const text = bytes && unpad(bytes);
  return text ? text.toString('utf8') : null;
};
