import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { CallError } from '@lacuna/contracts';

/** Makes and reads the cursors of one tenant for one set of contexts. */
export interface Cursors {
  /** `log`: the log that this is a place in; null: an empty one. */
  seal(position: bigint, log: string | null): string;
  /** `CURSOR_INVALID` for what is no cursor of this tenant, these contexts and this log, however near it comes. */
  open(cursor: string, log: string | null): bigint;
}

const VERSION = 2;
const NONCE = 12;
const TAG = 16;
const POSITION = 8;
const LOG = 8;
const LENGTH = 1 + NONCE + POSITION + LOG + TAG;
const NO_LOG = Buffer.alloc(LOG);

const digestOf = (log: string | null): Buffer =>
  log === null ? NO_LOG : createHash('sha256').update(log).digest().subarray(0, LOG);

const invalid = (): CallError =>
  new CallError('CURSOR_INVALID', 'this is no cursor of these contexts in this log: begin anew');

const bytesOf = (cursor: string): Buffer => {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== LENGTH || bytes[0] !== VERSION || bytes.toString('base64url') !== cursor)
    throw invalid();
  return bytes;
};

const sealWith = (key: Buffer, bound: Buffer, plain: Buffer): Buffer => {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

const openWith = (key: Buffer, bound: Buffer, sealed: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(bound).setAuthTag(sealed.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
  } catch {
    throw invalid();
  }
};

/**
 * Cursors are sealed: in clear they would count what happens in other contexts and organisations, and would put a
 * place in the log beside a single behaviour. A place is good in its own log only: another engine has others. And for
 * the same contexts only: with the places of others one could halve the log again and again between two records, and
 * find what stands where.
 */
export const cursorsOf = (key: Buffer, tenant: string, contexts: ReadonlySet<string>): Cursors => {
  const head = Buffer.from([VERSION]);
  const bound = Buffer.concat([head, Buffer.from(JSON.stringify([tenant, ...[...contexts].toSorted()]))]);
  return {
    seal: (position, log) => {
      const plain = Buffer.concat([Buffer.alloc(POSITION), digestOf(log)]);
      plain.writeBigUInt64BE(position);
      return Buffer.concat([head, sealWith(key, bound, plain)]).toString('base64url');
    },
    open: (cursor, log) => {
      const plain = openWith(key, bound, bytesOf(cursor).subarray(head.length));
      const position = plain.readBigUInt64BE();
      if (position > 0n && !plain.subarray(POSITION).equals(digestOf(log))) throw invalid();
      return position;
    },
  };
};
