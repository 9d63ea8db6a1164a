import { createHash } from 'node:crypto';

/**
 * The event id of a fact that is no person's: the same fact has the same id (a UUID of version 8, RFC 9562) whoever
 * writes it down and however often, so that the log takes it once. There is nothing in it that could be hidden.
 */
export const factId = (...fact: readonly string[]): string => {
  const hex = createHash('sha256').update(JSON.stringify(fact)).digest('hex');
  const version = `8${hex.slice(13, 16)}`;
  const variant = `8${hex.slice(17, 20)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), version, variant, hex.slice(20, 32)].join('-');
};
