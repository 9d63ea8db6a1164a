import { randomFillSync } from 'node:crypto';

/** Joins parts so that no two lists of parts give the same bytes: each part after its length (32 bits). */
export const lengthPrefixed = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  let size = 0;
  for (const part of parts) size += 4 + (typeof part === 'string' ? Buffer.byteLength(part) : part.length);
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    let length = part.length;
    if (typeof part === 'string') length = joined.write(part, at + 4, 'utf8');
    else joined.set(part, at + 4);
    joined.writeUInt32BE(length, at);
    at += 4 + length;
  }
  return joined;
};

/** Reads what `lengthPrefixed` wrote; null where the bytes are no such list. */
export const readLengthPrefixed = (bytes: Buffer): readonly Buffer[] | null => {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return null;
    const size = bytes.readUInt32BE(at);
    at += 4;
    if (at + size > bytes.length) return null;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
};

export const uuidToBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

export const bytesToUuid = (bytes: Buffer): string => {
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
};

/** The first 16 bytes of a keyed digest as a UUID that looks like any random one (version 4, RFC 9562 variant). */
export const digestToUuid = (digest: Buffer): string => {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytesToUuid(bytes);
};

const POOL = 16_384;
let pool = Buffer.alloc(0);
let used = 0;

/**
 * Fresh random bytes, cut from a pool that one call to the system's generator fills (each byte given out once):
 * a call per nonce costs more than the encryption it is for. Copied out, so that no caller keeps the pool alive.
 */
export const freshRandom = (size: number): Buffer => {
  if (used + size > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(Math.max(POOL, size)));
    used = 0;
  }
  const bytes = Buffer.allocUnsafe(size);
  pool.copy(bytes, 0, used, used + size);
  pool.fill(0, used, used + size);
  used += size;
  return bytes;
};
