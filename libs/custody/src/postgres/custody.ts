import type { EventStore } from '@lacuna/event-store';
import type { Custody } from '../custody.port.js';
import type { BegunImport, ChunkResult, ImportCounts, ImportFile, ImportState } from '../imports.port.js';
import type { ClosedNight, NightHold } from '../nights.port.js';
import type {
  DestroyedScope,
  ScopeDestruction,
  ScopedKeys,
  ScopedRequest,
  SubjectRef,
} from '../scopes.port.js';
import {
  checkCategories,
  checkChunk,
  checkImport,
  checkImportId,
  checkInstant,
  checkNight,
  checkOpen,
  checkScopeDestruction,
  checkScoped,
  checkScopes,
  checkSubject,
  checkTenant,
} from './arguments.js';
import type { Describe } from './comparison.js';
import { ImportStore } from './import-store.js';
import { closeNights } from './night-closing.js';
import { NightKeeper } from './night-keeper.js';
import { destroyedScopes, destroyScopes, livingScopes } from './scope-destruction.js';
import { participantRequest } from './participant.js';
import { readManyScopes, readScopes } from './scoped-reader.js';
import { batcher, SubjectCustody, type CustodyOptions } from './subject-custody.js';
import { prepareSubjects } from './subject-preparation.js';
import { openJob } from './write-batch.js';

export type { CustodyOptions } from './subject-custody.js';

/** The custody of a running process: the port, and what its composition root needs. */
export type CustodyService = Custody &
  Readonly<{
    /**
     * Before serving, and only then: compares custody with the log since the last comparison.
     * `CUSTODY_BEHIND_LOG`, `LOG_BEHIND_CUSTODY`: from then on every other method refuses with it too.
     */
    compareWithLog(store: EventStore, describe: Describe): Promise<void>;
    /** Waits for nothing: what is under way fails with `CUSTODY_UNAVAILABLE`. */
    close(): Promise<void>;
  }>;

const GRACE_MS = 5_000;
/** Two statements for a request of 500 records: the first half is being sealed while the second is asked for. */
const SCOPED_BATCH = 256;

class PostgresCustody extends SubjectCustody implements CustodyService {
  private readonly nights: NightKeeper;
  private readonly imports: ImportStore;
  private readonly graceMs: number;

  private readonly scoped = batcher(
    (jobs: readonly ScopedRequest[]) => this.ring.upToDate(() => readScopes(this.database, this.keys, jobs)),
    { lanes: 2, limit: SCOPED_BATCH },
  );

  constructor(options: CustodyOptions) {
    super(options);
    this.nights = new NightKeeper(this.database, this.keys);
    this.imports = new ImportStore(this.database, this.ring);
    this.graceMs = options.nightGraceMs ?? GRACE_MS;
  }

  async prepareSubjects(tenant: string, categories: readonly string[]): Promise<number> {
    this.serve();
    checkTenant(tenant);
    checkCategories(categories);
    return prepareSubjects(this.database, this.keys, tenant, categories);
  }

  async openScoped(request: ScopedRequest): Promise<ScopedKeys> {
    this.serve();
    checkScoped(request);
    const { participant } = request;
    if (participant === undefined) return this.scoped.submit(request);
    const claiming = participantRequest(request, participant);
    checkOpen(claiming);
    const keys = await this.scoped.submit(request);
    // Asks the fence once more, under its lock: a claim must not come behind the erasure that takes them all.
    const writer = await this.writes.submit(openJob(claiming));
    return { ...keys, claims: writer?.claims ?? [] };
  }

  async openScopes(
    ref: SubjectRef,
    category: string,
    scopes: readonly string[],
  ): Promise<readonly ScopedKeys[]> {
    this.serve();
    checkSubject(ref);
    checkCategories([category]);
    checkScopes(scopes);
    const slot = { ...ref, category };
    return this.ring.upToDate(() => readManyScopes(this.database, this.keys, slot, scopes));
  }

  async destroyScopes(request: ScopeDestruction): Promise<readonly DestroyedScope[]> {
    this.serve();
    checkScopeDestruction(request);
    const { scopes, refs } = await this.ring.upToDate(() =>
      this.database.aside('shared', (client) => destroyScopes(client, this.keys, request)),
    );
    this.keys.forgetScopes(refs);
    return scopes;
  }

  async livingScopes(tenant: string, category: string): Promise<readonly string[]> {
    this.serve();
    checkTenant(tenant);
    checkCategories([category]);
    return livingScopes(this.database, tenant, category);
  }

  async destroyedScopes(tenant: string, category: string, since: string): Promise<readonly DestroyedScope[]> {
    this.serve();
    checkTenant(tenant);
    checkCategories([category]);
    checkInstant(since);
    return destroyedScopes(this.database, { tenant, category }, since);
  }

  async holdNight(tenant: string, night: string, head: () => Promise<bigint>): Promise<NightHold> {
    this.serve();
    checkNight(tenant, night);
    return this.ring.upToDate(() => this.nights.hold({ tenant, night }, head));
  }

  async closeNights(tenant: string, through: string): Promise<readonly ClosedNight[]> {
    this.serve();
    checkNight(tenant, through);
    const { database, keys, nights, graceMs } = this;
    return closeNights({ database, keys, keeper: nights, graceMs }, tenant, through);
  }

  async beginImport(file: ImportFile, now: string, rejectsAfter = 0): Promise<BegunImport> {
    this.serve();
    checkImport(file, rejectsAfter);
    checkInstant(now);
    return this.imports.begin(file, now, rejectsAfter);
  }

  async importState(tenant: string, importId: string): Promise<ImportState | null> {
    this.serve();
    checkImportId(tenant, importId);
    return this.imports.state(tenant, importId);
  }

  async chunkId(tenant: string, importId: string, chunk: number): Promise<string> {
    this.serve();
    checkImportId(tenant, importId);
    return this.imports.chunkId(tenant, importId, chunk);
  }

  async completeChunk(
    tenant: string,
    importId: string,
    chunk: number,
    result: ChunkResult,
  ): Promise<ImportCounts | null> {
    this.serve();
    checkImportId(tenant, importId);
    checkChunk(chunk, result);
    return this.imports.complete(tenant, importId, chunk, result);
  }

  async endImport(tenant: string, importId: string): Promise<void> {
    this.serve();
    checkImportId(tenant, importId);
    await this.imports.end(tenant, importId);
  }

  async openImports(): Promise<readonly Omit<ImportState, 'seed'>[]> {
    this.serve();
    return this.imports.openOnes();
  }

  override async close(): Promise<void> {
    await this.nights.close();
    await super.close();
  }
}

/** Opens custody over a migrated database: ready to serve, or an error and no connection left behind. */
export const createCustody = async (options: CustodyOptions): Promise<CustodyService> => {
  const custody = new PostgresCustody(options);
  try {
    await custody.start();
    return custody;
  } catch (error) {
    await custody.close();
    throw error;
  }
};
