import type { KeyObject } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { RequestNames } from '../custody.port.js';
import type { WrapContext } from '../keys/wrapped-key.js';
import { KEY_BYTES, toKey } from '../sealing/aead.js';
import { digestToUuid, freshRandom } from '../sealing/byte-string.js';
import { deriveOwnKey, keyedDigest } from '../sealing/key-derivation.js';
import type { Settled } from './batcher.js';
import type { Database } from './database.js';
import type { KeyRing } from './key-ring.js';
import { freshRef } from './scope-store.js';

export type NamesJob = Readonly<{ tenant: string; client: string; requestId: string }>;

export type RequestKeyRow = Readonly<{ tenant: string; epoch: number; ref: string; wrapped: Buffer }>;

const READ = `SELECT tenant, epoch, ref, wrapped FROM custody.request_keys
 WHERE tenant = ANY ($1::text[]) ORDER BY tenant, epoch`;

export const requestContext = (ref: string, tenant: string, epoch: number): WrapContext => ({
  ref,
  tenant,
  owner: '',
  category: 'request',
  scope: String(epoch),
});

const namesUnder = (epoch: number, key: KeyObject, { client, requestId }: NamesJob): RequestNames => ({
  epoch,
  id: (label) => digestToUuid(keyedDigest(key, 'id', client, requestId, label)),
  eventId: (index) => digestToUuid(keyedDigest(key, 'event', client, requestId, String(index))),
});

/** A tenant's first request key, or the next month's: of two makers at once the first stands. */
export const insertRequestKey = async (
  client: PoolClient,
  ring: KeyRing,
  slot: Readonly<{ tenant: string; epoch: number; month: string | null; kekEpoch: number }>,
): Promise<void> => {
  const ref = freshRef();
  const { tenant, epoch, month, kekEpoch } = slot;
  const wrapped = ring.wrap('lookup', requestContext(ref, tenant, epoch), freshRandom(KEY_BYTES), kekEpoch);
  await client.query(
    `INSERT INTO custody.request_keys (tenant, epoch, month, ref, kek_epoch, wrapped)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, epoch) DO NOTHING`,
    [tenant, epoch, month, ref, kekEpoch, wrapped],
  );
};

/** Derived name keys by their row: dropped as soon as a read no longer shows the row. */
export class RequestKeys {
  private known = new Map<string, KeyObject>();

  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {}

  /** Reads the tenants' living request keys each time, for all callers in one statement; only unwrapping is saved. */
  async names(jobs: readonly NamesJob[]): Promise<readonly Settled<readonly RequestNames[]>[]> {
    const tenants = [...new Set(jobs.map((job) => job.tenant))];
    let rows = await this.read(tenants);
    const lacking = tenants.filter((tenant) => !rows.some((row) => row.tenant === tenant));
    if (lacking.length > 0) {
      await this.makeFirst(lacking);
      rows = await this.read(tenants);
    }
    const keys = rows.map((row) => ({ ...row, key: this.keyOf(row) }));
    this.forgetAllBut(tenants, new Set(rows.map((row) => row.ref)));
    return jobs.map((job) => ({
      ok: keys
        .filter(({ tenant }) => tenant === job.tenant)
        .map(({ epoch, key }) => namesUnder(epoch, key, job)),
    }));
  }

  private read(tenants: readonly string[]): Promise<readonly RequestKeyRow[]> {
    return this.database.read<RequestKeyRow>('request-keys', READ, [tenants]);
  }

  private keyOf(row: RequestKeyRow): KeyObject {
    const name = `${row.tenant} ${row.ref}`;
    const known = this.known.get(name);
    if (known) return known;
    const key = this.ring.unwrap(row.wrapped, requestContext(row.ref, row.tenant, row.epoch));
    const derived = deriveOwnKey(toKey(key), 'request-names');
    this.known.set(name, derived);
    return derived;
  }

  private forgetAllBut(tenants: readonly string[], living: ReadonlySet<string>): void {
    const asked = new Set(tenants);
    for (const name of this.known.keys()) {
      const [tenant = '', ref = ''] = name.split(' ');
      if (asked.has(tenant) && !living.has(ref)) this.known.delete(name);
    }
  }

  private async makeFirst(tenants: readonly string[]): Promise<void> {
    const made = (): Promise<boolean> =>
      this.database.aside('shared', async (client) => {
        const found = await client.query<{ current: number }>(
          `SELECT current FROM custody.epochs WHERE key_class = 'lookup'`,
        );
        const kekEpoch = found.rows[0]?.current ?? 0;
        if (!this.ring.matches({ lookup: kekEpoch })) return false;
        for (const tenant of tenants)
          await insertRequestKey(client, this.ring, { tenant, epoch: 1, month: null, kekEpoch });
        return true;
      });
    while (!(await made())) await this.ring.refresh();
  }
}
