import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import type { ClaimRequest, OpenRequest } from '../custody.port.js';
import { claimContested, claimTaken } from '../claims/claim-errors.js';
import { bodyOf, collide, toOpenClaim, type ClaimRow } from '../claims/claim-view.js';
import type { KeyOwner } from '../keys/key-entry.js';
import { findClaims, insertClaims, removeClaims, type NewClaim } from './claim-store.js';
import type { KeyOpener } from './key-opener.js';
import type { OpenKeys } from './subject-writer.js';

/** A row came or went between two statements: the batch runs again and sees it. */
export class CameBetween extends Error {
  readonly code = '40001';
}

export type NewKey = Readonly<{ owner: KeyOwner; wrapped: Buffer }>;
export type ClaimSlot = Readonly<{ claim: ClaimRequest; made: NewClaim }>;

/** An `open` on its way through the batch. */
export type Candidate = {
  readonly request: OpenRequest;
  readonly create: boolean;
  readonly keys: OpenKeys;
  readonly minted: readonly NewKey[];
  readonly slots: readonly ClaimSlot[];
  readonly claims: string[];
  refused: LacunaError | null;
};

/** Settles one claim of a candidate: its own id, or why it is refused. */
const settleClaim = (
  keys: KeyOpener,
  subject: string,
  { claim, made }: ClaimSlot,
  row: ClaimRow | undefined,
): Readonly<{ id: string; replace: boolean }> | LacunaError => {
  if (!row) throw new CameBetween('a claim was freed in between');
  const body = bodyOf(keys.ring.lookup, row);
  if (!body) return new LacunaError('KEY_CORRUPT', 'a claim is not what was stored');
  switch (collide(row, body, claim, subject)) {
    case 'own':
      return { id: row.id, replace: false };
    case 'replace':
      return { id: row.id, replace: true };
    case 'taken':
      return claimTaken(made.kind);
    case 'contested':
      return claimContested(toOpenClaim(row, body));
  }
};

/** Claims what is free for all candidates; a loser leaves nothing behind. */
export const claimAll = async (
  client: PoolClient,
  keys: KeyOpener,
  candidates: readonly Candidate[],
): Promise<void> => {
  const slots = candidates.flatMap((one) => one.slots.map((slot) => ({ one, slot })));
  const made = await insertClaims(
    client,
    slots.map(({ slot }) => slot.made),
  );
  const blocked = slots.filter(({ slot }) => !made.has(slot.made.key));
  const rows = await findClaims(
    client,
    blocked.map(({ slot }) => slot.made),
  );
  const replaced: { one: Candidate; slot: ClaimSlot; id: string }[] = [];
  for (const { one, slot } of slots) {
    const key = slot.made.key;
    const id = made.get(key);
    if (id !== undefined) {
      one.claims.push(id);
      continue;
    }
    const settled = settleClaim(keys, one.request.subject, slot, rows.get(key));
    if (settled instanceof LacunaError) one.refused ??= settled;
    else if (settled.replace) replaced.push({ one, slot, id: settled.id });
    else one.claims.push(settled.id);
  }
  const losers = candidates.filter((one) => one.refused !== null);
  const fresh = new Set(made.values());
  await removeClaims(
    client,
    losers.flatMap((one) => one.claims.filter((id) => fresh.has(id))),
  );
  const anew = replaced.filter(({ one }) => one.refused === null);
  await removeClaims(
    client,
    anew.map(({ id }) => id),
  );
  const again = await insertClaims(
    client,
    anew.map(({ slot }) => slot.made),
  );
  for (const { one, slot } of anew) {
    const id = again.get(slot.made.key);
    if (id === undefined) throw new CameBetween('a claim was taken in between');
    one.claims.push(id);
  }
};
