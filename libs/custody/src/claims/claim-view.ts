import type { ClaimRequest, OpenClaim } from '../custody.port.js';
import { openBody, parseBody, type ClaimBody, type LookupKeys } from './claim-codec.js';

/** A row of `claims`; `opened_at` is null once it is confirmed. */
export type ClaimRow = Readonly<{
  id: string;
  tenant: string;
  kind: string;
  tag: Buffer;
  holder: Buffer;
  body: Buffer;
  opened_at: Date | null;
}>;

/** Null: sealed in another epoch, or not by us. */
export const bodyOf = (keys: LookupKeys, row: Pick<ClaimRow, 'body'>): ClaimBody | null => {
  const parsed = parseBody(row.body);
  return parsed && parsed.epoch === keys.epoch ? openBody(keys, parsed) : null;
};

export const toOpenClaim = (row: ClaimRow, body: ClaimBody): OpenClaim => ({
  id: row.id,
  tenant: row.tenant,
  kind: row.kind,
  stream: body.stream,
  expected: body.expected === 'none' ? 'none' : BigInt(body.expected),
  eventId: body.eventId,
  subject: body.subject,
  openedAt: body.openedAt,
});

/** What a claim that stands in the way means for the one who asks. */
export type Collision = 'own' | 'replace' | 'taken' | 'contested';

/**
 * The holder's own: confirmed, or left open by this very append (a retry). Left open by the same event at another
 * revision: the earlier append has conflicted, so the claim is made anew under a new id (a settlement that is under
 * way for the old one then touches nothing). Left open by another event of the same holder: unsettled like any other.
 */
export const collide = (row: ClaimRow, body: ClaimBody, claim: ClaimRequest, subject: string): Collision => {
  if (body.subject !== subject) return row.opened_at === null ? 'taken' : 'contested';
  if (row.opened_at === null) return 'own';
  if (body.eventId !== claim.eventId) return 'contested';
  return body.stream === claim.stream && body.expected === String(claim.expected) ? 'own' : 'replace';
};
