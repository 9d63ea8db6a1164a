import { createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** Each part after its length: how the stored forms tell lists of parts apart. */
export const joined = (...parts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(bytes.length);
      return [size, bytes];
    }),
  );

export const decrypt = (key: KeyObject, nonce: Buffer, associated: Buffer, sealed: Buffer): Buffer | null => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = decipher.update(sealed.subarray(0, -16));
  try {
    decipher.final();
    return plain;
  } catch {
    return null;
  }
};

export const derive = (material: Buffer, ...info: readonly string[]): KeyObject =>
  createSecretKey(
    Buffer.from(hkdfSync('sha256', material, 'lacuna.custody.hkdf.v1', joined('1', ...info), 32)),
  );

export const mac = (key: KeyObject | string, ...parts: readonly (string | Buffer)[]): string =>
  createHmac('sha256', key)
    .update(joined(...parts))
    .digest('hex');

export const unpadded = (padded: Buffer): string =>
  padded.subarray(0, padded.lastIndexOf(0x80)).toString('utf8');
