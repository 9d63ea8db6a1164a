import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import { KEY_BYTES, toKey } from './aead.js';
import { lengthPrefixed } from './byte-string.js';

/** What a derived key is for; no two purposes share a key. */
export type Purpose = 'seal' | 'stream' | 'id' | 'tag';

/** Where a two-factor key holds. `scope`: the whole membership, a local day, a month, an activity, a night. */
export type KeyContext = Readonly<{ tenant: string; category: string; scope: string }>;

/** The scope of everything that lasts as long as the membership does. */
export const MEMBERSHIP = 'membership';

const VERSION = '1';
const SALT = Buffer.from('lacuna.custody.hkdf.v1', 'utf8');

/** HKDF with SHA-256 (RFC 5869). */
export const hkdfSha256 = (ikm: KeyObject, salt: Uint8Array, info: Uint8Array, size: number): Buffer =>
  Buffer.from(hkdfSync('sha256', ikm, salt, info, size));

/** What both factors give together and neither gives alone: HKDF's extracted key, made once for all purposes. */
export const twoFactorKey = (subjectKey: Buffer, scopeKey: Buffer): KeyObject =>
  toKey(createHmac('sha256', SALT).update(subjectKey).update(scopeKey).digest());

/** A scope's own key alone: of a night, in which nobody's copies have a key of their own. */
export const oneFactorKey = (scopeKey: Buffer): KeyObject =>
  toKey(createHmac('sha256', SALT).update(scopeKey).digest());

const FIRST_BLOCK = Buffer.from([1]);

const purposeInfo = (purpose: Purpose, context: KeyContext): Buffer =>
  lengthPrefixed(VERSION, purpose, context.tenant, context.category, context.scope);

/**
 * The key of one purpose: HKDF's expansion (RFC 5869, 2.3), whose one block is all of a 32-byte key. Together with
 * `twoFactorKey` it is `hkdfSha256(subject key ‖ scope key, SALT, info, 32)`, with the shared half of it done once.
 */
export const deriveKey = (extracted: KeyObject, purpose: Purpose, context: KeyContext): KeyObject =>
  toKey(createHmac('sha256', extracted).update(purposeInfo(purpose, context)).update(FIRST_BLOCK).digest());

/** A key of custody's own (claims, request names), told apart by its label. */
export const deriveOwnKey = (ikm: KeyObject, label: string): KeyObject =>
  toKey(hkdfSha256(ikm, SALT, lengthPrefixed(VERSION, 'custody', label), KEY_BYTES));

/** HMAC-SHA-256 over length-prefixed parts. */
export const keyedDigest = (key: KeyObject, ...parts: readonly (string | Uint8Array)[]): Buffer =>
  createHmac('sha256', key)
    .update(lengthPrefixed(...parts))
    .digest();
