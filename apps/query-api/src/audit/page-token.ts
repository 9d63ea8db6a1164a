import { createHash } from 'node:crypto';
import { CallError, positionOf } from '@lacuna/contracts';
import type { TrailFilter } from './list-audit-trail.query.js';

const digestOf = (tenant: string, { memberId, from, to }: TrailFilter): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, memberId, from, to]))
    .digest('base64url')
    .slice(0, 16);

/** Where the next page begins: after a position, for this very filter. */
export const pageToken = (tenant: string, filter: TrailFilter, after: bigint): string =>
  `${after}.${digestOf(tenant, filter)}`;

/** The position that a page begins after; 0 for the first. A token of another filter, or of nobody, is refused. */
export const afterOf = (tenant: string, filter: TrailFilter, token: string): bigint => {
  if (token === '') return 0n;
  const [position = '', digest] = token.split('.');
  const after = positionOf(position);
  if (after === null || digest !== digestOf(tenant, filter)) {
    throw new CallError('PAGE_TOKEN_INVALID', 'this page token is not of this request');
  }
  return after;
};
