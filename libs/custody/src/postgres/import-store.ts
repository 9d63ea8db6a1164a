import type { PoolClient } from 'pg';
import { LacunaError } from '@lacuna/domain/kernel';
import type { BegunImport, ChunkResult, ImportCounts, ImportFile, ImportState } from '../imports.port.js';
import type { WrapContext } from '../keys/wrapped-key.js';
import { KEY_BYTES, toKey } from '../sealing/aead.js';
import { digestToUuid, freshRandom } from '../sealing/byte-string.js';
import { deriveOwnKey, keyedDigest } from '../sealing/key-derivation.js';
import { StaleEpochs, type Database } from './database.js';
import { markDirtyNow } from './epoch-store.js';
import type { KeyRing } from './key-ring.js';
import { freshRef } from './scope-store.js';

type ImportRow = Readonly<{
  import_id: string;
  tenant: string;
  kind: string;
  length: string;
  sha256: string;
  rows: number;
  chunk_rows: number;
  next_chunk: number;
  live: number;
  counted_only: number;
  rejected: number;
  begun_at: Date;
  wrapped: Buffer;
}>;

type CountedRow = Pick<ImportRow, 'live' | 'counted_only' | 'rejected'>;
type RejectRow = Readonly<{ line: number; field: string; rule: string }>;
type OpenState = Omit<ImportState, 'seed'>;

const importContext = (row: Pick<ImportRow, 'import_id' | 'tenant'>): WrapContext => ({
  ref: row.import_id,
  tenant: row.tenant,
  owner: '',
  category: 'import',
  scope: row.import_id,
});

const unknown = (): LacunaError => new LacunaError('IMPORT_UNKNOWN', 'no such import is under way');

const toCounts = (row: CountedRow): ImportCounts => ({
  live: row.live,
  countedOnly: row.counted_only,
  rejected: row.rejected,
});

const toState = (row: ImportRow): OpenState => ({
  tenant: row.tenant,
  importId: row.import_id,
  kind: row.kind,
  length: Number(row.length),
  sha256: row.sha256,
  rows: row.rows,
  chunkRows: row.chunk_rows,
  nextChunk: row.next_chunk,
  counts: toCounts(row),
  begunAt: row.begun_at.toISOString(),
});

const insertImport = async (
  client: PoolClient,
  ring: KeyRing,
  file: ImportFile,
  now: string,
): Promise<void> => {
  const epoch = await client.query<{ current: number }>(
    `SELECT current FROM custody.epochs WHERE key_class = 'lookup'`,
  );
  const current = epoch.rows[0]?.current ?? 0;
  if (!ring.matches({ lookup: current })) throw new StaleEpochs();
  const row = { import_id: freshRef(), tenant: file.tenant };
  const wrapped = ring.wrap('lookup', importContext(row), freshRandom(KEY_BYTES), current);
  await client.query(
    `INSERT INTO custody.imports
       (import_id, tenant, kind, length, sha256, rows, chunk_rows, begun_at, kek_epoch, wrapped)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant, kind, length, sha256) DO NOTHING`,
    [
      row.import_id,
      file.tenant,
      file.kind,
      file.length,
      file.sha256,
      file.rows,
      file.chunkRows,
      now,
      current,
      wrapped,
    ],
  );
};

/** Whole lines: who asks for what lies behind the last of them misses none. */
const REJECTS = `
SELECT line, field, rule FROM custody.import_rejects
 WHERE import_id = $1 AND line > $2 AND line <= (
         SELECT max(line) FROM (SELECT DISTINCT line FROM custody.import_rejects
                                 WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT 5000) lines)
 ORDER BY line, field, rule`;

/** One statement, one commit: the place in the import moves on, or nothing is written. */
const COUNT_CHUNK = `
WITH counted AS (
  UPDATE custody.imports SET next_chunk = next_chunk + 1, live = live + $4,
         counted_only = counted_only + $5, rejected = rejected + $6
   WHERE tenant = $1 AND import_id = $2 AND next_chunk = $3 AND next_chunk::bigint * chunk_rows < rows
  RETURNING import_id, live, counted_only, rejected
), refused AS (
  INSERT INTO custody.import_rejects (import_id, line, field, rule)
  SELECT c.import_id, r.line, r.field, r.rule
    FROM counted c, unnest($7::int[], $8::text[], $9::text[]) AS r (line, field, rule)
)
SELECT live, counted_only, rejected FROM counted`;

/** Wraps the seeds under the lookup class's new key, in the transaction that switches it. */
export const rewrapImports = async (client: PoolClient, ring: KeyRing, epoch: number): Promise<void> => {
  const found = await client.query<ImportRow>('SELECT * FROM custody.imports WHERE kek_epoch < $1', [epoch]);
  for (const row of found.rows) {
    const context = importContext(row);
    const wrapped = ring.wrap('lookup', context, ring.unwrap(row.wrapped, context), epoch);
    await client.query('UPDATE custody.imports SET wrapped = $2, kek_epoch = $3 WHERE import_id = $1', [
      row.import_id,
      wrapped,
      epoch,
    ]);
  }
};

/** Imports under way. One secret each, from which the seed and the ids of the chunks' copies are derived. */
export class ImportStore {
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
  ) {}

  async begin(file: ImportFile, now: string, rejectsAfter: number): Promise<BegunImport> {
    const sameFile = 'tenant = $1 AND kind = $2 AND length = $3 AND sha256 = $4';
    const asked = [file.tenant, file.kind, file.length, file.sha256];
    let state = await this.find('import-file', sameFile, asked);
    while (state === null) {
      await this.ring.upToDate(() =>
        this.database.aside('shared', (client) => insertImport(client, this.ring, file, now)),
      );
      state = await this.find('import-file', sameFile, asked);
    }
    return { ...state, rejects: await this.rejectsOf(state.importId, rejectsAfter) };
  }

  state(tenant: string, importId: string): Promise<ImportState | null> {
    return this.find('import', 'tenant = $1 AND import_id = $2', [tenant, importId]);
  }

  async chunkId(tenant: string, importId: string, chunk: number): Promise<string> {
    return this.ring.upToDate(async () => {
      const [row] = await this.rows('import', 'tenant = $1 AND import_id = $2', [tenant, importId]);
      if (row === undefined) throw unknown();
      return digestToUuid(keyedDigest(this.keyOf(row, 'import-chunks'), String(chunk)));
    });
  }

  /** A chunk's counts and rejects, or nothing of it: it is counted by whoever finds it to be the next. */
  async complete(
    tenant: string,
    importId: string,
    chunk: number,
    { counts, rejects }: ChunkResult,
  ): Promise<ImportCounts | null> {
    const [counted] = await this.database.once<CountedRow>('import-chunk', COUNT_CHUNK, [
      tenant,
      importId,
      chunk,
      counts.live,
      counts.countedOnly,
      counts.rejected,
      rejects.map(({ line }) => line),
      rejects.map(({ field }) => field),
      rejects.map(({ rule }) => rule),
    ]);
    if (counted !== undefined) return toCounts(counted);
    const [row] = await this.rows('import', 'tenant = $1 AND import_id = $2', [tenant, importId]);
    if (row === undefined) throw unknown();
    if (chunk >= row.next_chunk)
      throw new LacunaError('IMPORT_CHUNK_INVALID', `chunk ${chunk} is not the next one of this import`);
    return null;
  }

  end(tenant: string, importId: string): Promise<void> {
    return this.database.aside('shared', async (client) => {
      const gone = await client.query('DELETE FROM custody.imports WHERE tenant = $1 AND import_id = $2', [
        tenant,
        importId,
      ]);
      if (gone.rowCount) await markDirtyNow(client, 'lookup');
    });
  }

  async openOnes(): Promise<readonly OpenState[]> {
    const rows = await this.rows('imports-open', 'true', []);
    return rows.map(toState);
  }

  private rows(name: string, which: string, values: unknown[]): Promise<readonly ImportRow[]> {
    return this.database.read<ImportRow>(
      name,
      `SELECT * FROM custody.imports WHERE ${which} ORDER BY begun_at, import_id`,
      values,
    );
  }

  private find(name: string, which: string, values: unknown[]): Promise<ImportState | null> {
    return this.ring.upToDate(async () => {
      const [row] = await this.rows(name, which, values);
      if (row === undefined) return null;
      const seed = this.keyOf(row, 'import-seed').export().toString('hex');
      return { ...toState(row), seed };
    });
  }

  private rejectsOf(importId: string, after: number): Promise<readonly RejectRow[]> {
    return this.database.read<RejectRow>('import-rejects', REJECTS, [importId, after]);
  }

  private keyOf(row: ImportRow, label: string) {
    return deriveOwnKey(toKey(this.ring.unwrap(row.wrapped, importContext(row))), label);
  }
}
