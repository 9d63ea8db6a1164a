import { createSecretKey, type KeyObject } from 'node:crypto';
import { decrypt, encrypt, freshNonce, NONCE_BYTES, TAG_BYTES } from '../sealing/aead.js';
import { lengthPrefixed, readLengthPrefixed } from '../sealing/byte-string.js';
import { deriveOwnKey, keyedDigest, MEMBERSHIP } from '../sealing/key-derivation.js';
import { pad, unpad } from '../sealing/padding.js';

/** The keys that one lookup epoch gives. They never leave this process: eleven digits can be guessed. */
export type LookupKeys = Readonly<{ epoch: number; tag: KeyObject; holder: KeyObject; body: KeyObject }>;

export const lookupKeys = (epoch: number, epochKey: KeyObject): LookupKeys => ({
  epoch,
  tag: deriveOwnKey(epochKey, 'claim-tag'),
  holder: deriveOwnKey(epochKey, 'claim-holder'),
  body: deriveOwnKey(epochKey, 'claim-body'),
});

export type ClaimSlot = Readonly<{ tenant: string; kind: string }>;

/** Sealed beside a claim's tag; `inner` is sealed once more, under the holder's subject key. */
export type ClaimBody = Readonly<{
  subject: string;
  category: string;
  /** Of the key that seals `inner`: with it the claim goes. */
  scope: string;
  stream: string;
  /** A decimal string or `none`. */
  expected: string;
  eventId: string;
  openedAt: string;
  inner: Buffer;
}>;

export const CLAIM_MAGIC = Buffer.from('LCB1', 'latin1');

const INNER_LABEL = createSecretKey('lacuna.custody.claim.inner.v1', 'utf8');

/**
 * Holds no secret: it only tells tenants and kinds apart, and hides the length. It is stored sealed under the
 * holder's subject key, so that a rotation can compute the living claims again and nothing the erased ones.
 */
export const innerTag = ({ tenant, kind }: ClaimSlot, value: string): Buffer =>
  keyedDigest(INNER_LABEL, tenant, kind, value);

export const claimTag = (keys: LookupKeys, inner: Buffer): Buffer => keyedDigest(keys.tag, inner);

export const holderTag = (keys: LookupKeys, tenant: string, subject: string): Buffer =>
  keyedDigest(keys.holder, tenant, subject);

const innerContext = ({ tenant, kind }: ClaimSlot): Buffer => lengthPrefixed('claim-inner', tenant, kind);

export const sealInner = (key: KeyObject, slot: ClaimSlot, inner: Buffer): Buffer => {
  const nonce = freshNonce();
  return Buffer.concat([nonce, encrypt(key, nonce, innerContext(slot), inner)]);
};

export const openInner = (key: KeyObject, slot: ClaimSlot, sealed: Buffer): Buffer | null =>
  decrypt(key, sealed.subarray(0, NONCE_BYTES), innerContext(slot), sealed.subarray(NONCE_BYTES));

// Binary: with the names that occur it fits the bucket of 256 bytes, and JSON would not. So does leaving out the scope
// that nearly all have.
const encodeBody = (body: ClaimBody): Buffer =>
  lengthPrefixed(
    body.subject,
    body.category,
    body.stream,
    body.expected,
    body.eventId,
    body.openedAt,
    body.inner,
    ...(body.scope === MEMBERSHIP ? [] : [body.scope]),
  );

const decodeBody = (bytes: Buffer): ClaimBody | null => {
  const parts = readLengthPrefixed(bytes);
  const inner = parts?.[6];
  if (!parts || !inner) return null;
  const text = (place: number): string => parts[place]?.toString('utf8') ?? '';
  return {
    subject: text(0),
    category: text(1),
    scope: text(7) || MEMBERSHIP,
    stream: text(2),
    expected: text(3),
    eventId: text(4),
    openedAt: text(5),
    inner,
  };
};

const LONGEST_BODY = 32_768;
const FIXED = CLAIM_MAGIC.length + 4 + 2 + 2;

/** `LCB1 | epoch (32) | lengths of the next and the last (16, 16) | length-prefixed (tenant, kind, tag) | nonce | padded body and tag`. */
export const sealBody = (keys: LookupKeys, slot: ClaimSlot, tag: Buffer, body: ClaimBody): Buffer => {
  const bound = lengthPrefixed(slot.tenant, slot.kind, tag);
  const padded = pad(encodeBody(body));
  if (padded === null || padded.length > LONGEST_BODY) throw new RangeError('a claim is too long to seal');
  const header = Buffer.allocUnsafe(FIXED + bound.length);
  let at = CLAIM_MAGIC.copy(header, 0);
  at = header.writeUInt32BE(keys.epoch, at);
  at = header.writeUInt16BE(bound.length, at);
  at = header.writeUInt16BE(padded.length + TAG_BYTES, at);
  bound.copy(header, at);
  const nonce = freshNonce();
  return Buffer.concat([header, nonce, encrypt(keys.body, nonce, header, padded)]);
};

export type ParsedBody = Readonly<{
  epoch: number;
  tenant: string;
  kind: string;
  tag: Buffer;
  header: Buffer;
  nonce: Buffer;
  sealed: Buffer;
}>;

export const parseBody = (bytes: Buffer): ParsedBody | null => {
  if (bytes.length < FIXED || bytes.compare(CLAIM_MAGIC, 0, 4, 0, 4) !== 0) return null;
  const headerEnd = FIXED + bytes.readUInt16BE(8);
  const parts = readLengthPrefixed(bytes.subarray(FIXED, headerEnd));
  const [tenant, kind, tag] = parts ?? [];
  const end = headerEnd + NONCE_BYTES + bytes.readUInt16BE(10);
  if (!tenant || !kind || !tag || bytes.length < end) return null;
  return {
    epoch: bytes.readUInt32BE(4),
    tenant: tenant.toString('utf8'),
    kind: kind.toString('utf8'),
    tag,
    header: bytes.subarray(0, headerEnd),
    nonce: bytes.subarray(headerEnd, headerEnd + NONCE_BYTES),
    sealed: bytes.subarray(headerEnd + NONCE_BYTES, end),
  };
};

/** Null: another epoch's, or altered, or put under another tag. */
export const openBody = (keys: LookupKeys, parsed: ParsedBody): ClaimBody | null => {
  const padded = decrypt(keys.body, parsed.nonce, parsed.header, parsed.sealed);
  const text = padded && unpad(padded);
  return text && decodeBody(text);
};
