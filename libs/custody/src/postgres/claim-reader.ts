import { claimTag, holderTag, innerTag, type ClaimBody, type LookupKeys } from '../claims/claim-codec.js';
import { bodyOf, toOpenClaim, type ClaimRow } from '../claims/claim-view.js';
import type { OpenClaim } from '../custody.port.js';
import type { SubjectRef } from '../scopes.port.js';
import type { Settled } from './batcher.js';
import { claimKey, FIND_CLAIMS } from './claim-store.js';
import { StaleEpochs, type Database } from './database.js';
import type { KeyRing } from './key-ring.js';

export type LookupJob = Readonly<{ tenant: string; kind: string; value: string; includeOpen: boolean }>;

const BY_HOLDER = `SELECT c.id, c.tenant, c.kind, c.tag, c.holder, c.body, o.opened_at
  FROM custody.claims c LEFT JOIN custody.claims_open o USING (id)
 WHERE c.holder = $1 AND c.kind = $2 AND o.id IS NULL ORDER BY c.id`;

const OPEN = `SELECT c.id, c.tenant, c.kind, c.tag, c.holder, c.body, o.opened_at
  FROM custody.claims_open o JOIN custody.claims c USING (id)
 WHERE o.opened_at < $1 ORDER BY o.opened_at, c.id LIMIT 1000`;

const bodyIn = (lookup: LookupKeys, row: ClaimRow): ClaimBody => {
  const body = bodyOf(lookup, row);
  if (body === null) throw new StaleEpochs();
  return body;
};

/**
 * Reads claims by tags of the epoch this process knows. A rotation in between makes every tag another one, so the
 * epoch is asked beside the rows, in the same statement: an empty answer of the wrong epoch is no answer.
 */
export class ClaimReader {
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {}

  async lookup(jobs: readonly LookupJob[]): Promise<readonly Settled<string | null>[]> {
    const lookup = this.ring.lookup;
    const asked = jobs.map((job) => ({ ...job, tag: claimTag(lookup, innerTag(job, job.value)) }));
    const rows = await this.rows(lookup, 'claims-lookup', FIND_CLAIMS, [
      asked.map((one) => one.tenant),
      asked.map((one) => one.kind),
      asked.map((one) => one.tag),
    ]);
    const byKey = new Map(rows.map((row) => [claimKey(row), row]));
    return asked.map((one) => {
      const row = byKey.get(claimKey(one));
      const counts = row !== undefined && (row.opened_at === null || one.includeOpen);
      return { ok: counts ? bodyIn(lookup, row).subject : null };
    });
  }

  async claimsOf({ tenant, subject }: SubjectRef, kind: string): Promise<readonly string[]> {
    const lookup = this.ring.lookup;
    const holder = holderTag(lookup, tenant, subject);
    return (await this.rows(lookup, 'claims-holder', BY_HOLDER, [holder, kind])).map((row) => row.id);
  }

  async openClaims(before: string): Promise<readonly OpenClaim[]> {
    const lookup = this.ring.lookup;
    const rows = await this.rows(lookup, 'claims-open', OPEN, [before]);
    return rows.map((row) => toOpenClaim(row, bodyIn(lookup, row)));
  }

  private async rows(
    { epoch }: LookupKeys,
    name: string,
    query: string,
    values: unknown[],
  ): Promise<readonly ClaimRow[]> {
    const rows = await this.database.read<Omit<ClaimRow, 'id'> & { epoch: number; id: string | null }>(
      name,
      `SELECT e.current AS epoch, found.* FROM custody.epochs e LEFT JOIN (${query}) found ON true
        WHERE e.key_class = 'lookup'`,
      values,
    );
    // Against the epoch the tags were made in: the ring itself may have moved on while we waited.
    if (rows.some((row) => row.epoch !== epoch)) throw new StaleEpochs();
    return rows.flatMap(({ id, ...row }) => (id === null ? [] : [{ ...row, id }]));
  }
}
