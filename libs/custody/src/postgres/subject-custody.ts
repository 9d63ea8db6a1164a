import { LacunaError, hasCode, type Sealed } from '@lacuna/domain/kernel';
import type { EventStore } from '@lacuna/event-store';
import type {
  Destruction,
  KeyClass,
  KeyCounts,
  OpenClaim,
  Opened,
  OpenRequest,
  RequestNames,
  Restriction,
  Rotation,
  SubjectStatus,
  SubjectWriter,
} from '../custody.port.js';
import type { SubjectRef } from '../scopes.port.js';
import { KeyCache } from '../keys/key-cache.js';
import { guardedKms } from '../kms/guarded-kms.js';
import type { Kms } from '../kms/kms.port.js';
import {
  checkCategories,
  checkInstant,
  checkKind,
  checkOpen,
  checkSubject,
  checkTenant,
} from './arguments.js';
import { Batcher, type Settled } from './batcher.js';
import { ClaimReader, type LookupJob } from './claim-reader.js';
import { compareWithLog, type Describe } from './comparison.js';
import { Database, WRITERS } from './database.js';
import { destroySubject } from './destruction.js';
import { readOpens, readValues, unsealJob, type UnsealJob } from './fence-reader.js';
import { countKeys } from './key-counts.js';
import { KeyOpener } from './key-opener.js';
import { KeyRing } from './key-ring.js';
import { RequestKeys, type NamesJob } from './request-keys.js';
import { RotationRun } from './rotation-run.js';
import { allRotations, type RotationStep } from './rotation.js';
import { streamNames } from './stream-names.js';
import { restrict, restrictionRecorded, statuses, unrecordedRestrictions } from './subject-store.js';
import { BatchWriter } from './batch-writer.js';
import { jobKeys, openJob, type WriteJob } from './write-batch.js';

export type CustodyOptions = Readonly<{
  connectionString: string;
  kms: Kms;
  /** How long a statement, a connection or a lock may take before custody counts as unavailable. */
  timeoutMs?: number;
  /** Unwrapped subject keys kept in memory. */
  cacheSize?: number;
  /** How long a closing night waits for a holder that has vanished without a word. */
  nightGraceMs?: number;
  /** Told after each durable step of a rotation. */
  onRotationStep?: (step: `${KeyClass}/${RotationStep}`) => void | Promise<void>;
}>;

const TIMEOUT_MS = 30_000;
const CACHE_SIZE = 20_000;
/** Half a year of days for each of some tenants. */
const SCOPES_CACHED = 4_000;
const CACHE_AGE_MS = 5 * 60_000;
const READERS = 6;

export const batcher = <Job, Result>(
  run: (jobs: readonly Job[]) => Promise<readonly Settled<Result>[]>,
  shape: Readonly<{ lanes: number; limit?: number; keysOf?: (job: Job) => readonly string[] }> = { lanes: 2 },
): Batcher<Job, Result> => new Batcher({ run, limit: 128, maxQueued: 10_000, ...shape });

/** Custody of people: their keys, claims and restrictions, and what keeps them: epochs, rotation, comparison. */
export class SubjectCustody {
  protected readonly database: Database;
  protected readonly ring: KeyRing;
  protected readonly keys: KeyOpener;
  private readonly claims: ClaimReader;
  private readonly requestKeys: RequestKeys;
  private readonly rotation: RotationRun;
  private readonly writer: BatchWriter;
  private halted: LacunaError | null = null;

  protected readonly writes = batcher((jobs: readonly WriteJob[]) => this.writer.run(jobs), {
    lanes: WRITERS,
    keysOf: jobKeys,
  });
  private readonly opens = batcher((jobs: readonly OpenRequest[]) =>
    this.ring.upToDate(() => readOpens(this.database, this.keys, jobs)),
  );
  private readonly unseals = batcher((jobs: readonly UnsealJob[]) =>
    this.ring.upToDate(() => readValues(this.database, this.keys, jobs)),
  );
  private readonly names = batcher((jobs: readonly NamesJob[]) =>
    this.ring.upToDate(() => this.requestKeys.names(jobs)),
  );
  private readonly lookups = batcher((jobs: readonly LookupJob[]) =>
    this.ring.upToDate(() => this.claims.lookup(jobs)),
  );
  private readonly states = batcher(async (refs: readonly SubjectRef[]) =>
    (await statuses(this.database, refs)).map((ok) => ({ ok })),
  );

  constructor(options: CustodyOptions) {
    const kms = guardedKms(options.kms);
    const { connectionString, timeoutMs = TIMEOUT_MS, cacheSize = CACHE_SIZE } = options;
    this.database = new Database({ connectionString, timeoutMs, readers: READERS });
    this.ring = new KeyRing(this.database, kms);
    this.keys = new KeyOpener(
      this.ring,
      new KeyCache({ size: cacheSize, maxAgeMs: CACHE_AGE_MS }),
      new KeyCache({ size: SCOPES_CACHED, maxAgeMs: CACHE_AGE_MS }),
    );
    this.claims = new ClaimReader(this.database, this.ring);
    this.requestKeys = new RequestKeys(this.database, this.ring);
    this.writer = new BatchWriter(this.database, this.keys);
    const onStep = options.onRotationStep ?? (() => undefined);
    this.rotation = new RotationRun({ database: this.database, keys: this.keys, kms, onStep });
  }

  /** Makes the first epochs of a new store, and completes a rotation that a crash cut in half. */
  async start(): Promise<void> {
    await this.rotation.makeFirstEpochs();
    await this.rotation.resume();
  }

  async requestNames(tenant: string, client: string, requestId: string): Promise<readonly RequestNames[]> {
    this.serve();
    checkTenant(tenant);
    return this.names.submit({ tenant, client, requestId });
  }

  async open(request: OpenRequest): Promise<SubjectWriter> {
    this.serve();
    checkOpen(request);
    const writesNothing = request.mint === 'none' && (request.claims ?? []).length === 0;
    if (writesNothing) return this.opens.submit(request);
    const writer = await this.writes.submit(openJob(request));
    if (writer === null) throw new Error('an open was left without its writer');
    return writer;
  }

  async unseal(tenant: string, values: readonly Sealed[]): Promise<readonly Opened[]> {
    this.serve();
    checkTenant(tenant);
    return values.length === 0 ? [] : this.unseals.submit(unsealJob(tenant, values));
  }

  async streamNames(
    ref: SubjectRef,
    category: string,
    scopes: readonly string[],
  ): Promise<readonly string[]> {
    this.serve();
    checkSubject(ref);
    checkCategories([category]);
    return this.ring.upToDate(() => streamNames(this.database, this.keys, { ...ref, category }, scopes));
  }

  async status(ref: SubjectRef): Promise<SubjectStatus> {
    this.serve();
    checkSubject(ref);
    return this.states.submit(ref);
  }

  async lookup(
    tenant: string,
    kind: string,
    value: string,
    { includeOpen = false }: Readonly<{ includeOpen?: boolean }> = {},
  ): Promise<string | null> {
    this.serve();
    checkTenant(tenant);
    checkKind(kind);
    return this.lookups.submit({ tenant, kind, value, includeOpen });
  }

  async confirmClaims(ids: readonly string[]): Promise<void> {
    this.serve();
    if (ids.length > 0) await this.writes.submit({ kind: 'confirm', ids });
  }

  async releaseClaims(ids: readonly string[]): Promise<void> {
    this.serve();
    if (ids.length > 0) await this.writes.submit({ kind: 'release', ids });
  }

  async claimsOf(ref: SubjectRef, kind: string): Promise<readonly string[]> {
    this.serve();
    checkSubject(ref);
    checkKind(kind);
    return await this.ring.upToDate(() => this.claims.claimsOf(ref, kind));
  }

  async openClaims(before: string): Promise<readonly OpenClaim[]> {
    this.serve();
    checkInstant(before);
    return await this.ring.upToDate(() => this.claims.openClaims(before));
  }

  async restrict(
    ref: SubjectRef,
    request: Readonly<Record<string, string>>,
    now: string,
  ): Promise<Restriction> {
    this.serve();
    checkSubject(ref);
    checkInstant(now);
    return restrict(this.database, ref, request, now);
  }

  async restrictionRecorded(ref: SubjectRef): Promise<void> {
    this.serve();
    checkSubject(ref);
    await restrictionRecorded(this.database, ref);
  }

  async unrecordedRestrictions(before: string): Promise<readonly Restriction[]> {
    this.serve();
    checkInstant(before);
    return unrecordedRestrictions(this.database, before);
  }

  async destroy(request: Destruction): Promise<Readonly<{ destroyedAt: string }>> {
    this.serve();
    checkSubject(request);
    checkCategories(request.categories);
    checkInstant(request.now);
    const { destroyedAt, refs } = await this.ring.upToDate(() =>
      this.database.aside('shared', (client) => destroySubject(client, this.keys, request)),
    );
    this.keys.forgetKeys(refs);
    return { destroyedAt };
  }

  async rotate(now: string, month: string): Promise<void> {
    this.serve();
    checkInstant(now);
    await this.rotation.run(now, month);
  }

  async rotations(): Promise<readonly Rotation[]> {
    this.serve();
    return allRotations(this.database);
  }

  async counts(): Promise<KeyCounts> {
    this.serve();
    return countKeys(this.database);
  }

  async compareWithLog(store: EventStore, describe: Describe): Promise<void> {
    try {
      await compareWithLog(this.database, store, describe);
    } catch (error) {
      if (hasCode(error, 'CUSTODY_BEHIND_LOG', 'LOG_BEHIND_CUSTODY')) this.halted = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.halted ??= new LacunaError('CUSTODY_UNAVAILABLE', 'custody is closed');
    this.keys.close();
    await this.database.close();
  }

  /** Refuses where custody may not, or does not, serve. */
  protected serve(): void {
    if (this.halted) throw this.halted;
  }
}
