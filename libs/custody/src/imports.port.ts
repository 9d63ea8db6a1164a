import type { Instant } from '@lacuna/domain/kernel';

export type ImportFile = Readonly<{
  tenant: string;
  kind: string;
  length: number;
  sha256: string;
  /** Rows to bring in, and how many go into one chunk. */
  rows: number;
  chunkRows: number;
}>;

export type ImportCounts = Readonly<{ live: number; countedOnly: number; rejected: number }>;
export type ImportReject = Readonly<{ line: number; field: string; rule: string }>;

/** An import under way. `seed`: of the permutation in which the rows come; custody alone keeps it, and destroys it at the end. */
export type ImportState = ImportFile &
  Readonly<{
    importId: string;
    seed: string;
    nextChunk: number;
    counts: ImportCounts;
    begunAt: Instant;
  }>;

/** An import and what it has refused so far: whole lines in their order, some thousands of them and no more. */
export type BegunImport = ImportState & Readonly<{ rejects: readonly ImportReject[] }>;

/** What a chunk leaves, all at once. */
export type ChunkResult = Readonly<{ counts: ImportCounts; rejects: readonly ImportReject[] }>;

/** Imports under way: how far they have come, and the order in which their rows come. */
export interface ImportCustody {
  /**
   * Begins an import, or takes up the one of the same file where it stands. `rejectsAfter`: its rejects are of lines
   * behind this one; none are left where it answers with none.
   */
  beginImport(file: ImportFile, now: Instant, rejectsAfter?: number): Promise<BegunImport>;

  /** The import that is under way, or null. */
  importState(tenant: string, importId: string): Promise<ImportState | null>;

  /** The event id of a chunk's copies, under the import's own key: the same whatever night it is sent again. */
  chunkId(tenant: string, importId: string, chunk: number): Promise<string>;

  /**
   * Counts a chunk, once: what all of them come to with it, or null where it was counted before.
   * `IMPORT_CHUNK_INVALID`: another one is next.
   */
  completeChunk(
    tenant: string,
    importId: string,
    chunk: number,
    result: ChunkResult,
  ): Promise<ImportCounts | null>;

  /** Destroys the seed and forgets the import: finished, or abandoned. Idempotent. */
  endImport(tenant: string, importId: string): Promise<void>;

  /** Imports under way, for `status`; without their seeds. */
  openImports(): Promise<readonly Omit<ImportState, 'seed'>[]>;
}
