import type { Instant, Sealed } from '@lacuna/domain/kernel';

/** A person's data as custody knows it: an opaque id within a tenant. */
export type SubjectRef = Readonly<{ tenant: string; subject: string }>;

/**
 * Names that a request gives to what it creates: a keyed PRF of (client, request id, index), so that nobody who
 * holds the request ids can compute them again once the month's key is gone.
 */
export type RequestNames = Readonly<{
  /** The request key's epoch; `open` refuses to mint under one that is no longer current (`REQUEST_EPOCH_PAST`). */
  epoch: number;
  /** UUID of what the request creates (`member`, `correction` ...). */
  id(label: string): string;
  /** UUID of the request's n-th event. */
  eventId(index: number): string;
}>;

/** A value that belongs to one holder: phone, ID number, the caller's own customer number. */
export type ClaimRequest = Readonly<{
  kind: string;
  value: string;
  /** The stream and revision that the append will use, and its first event id: how an open claim is settled. */
  stream: string;
  expected: bigint | 'none';
  eventId: string;
}>;

/** An unconfirmed claim of somebody else: settle it (`ClaimAbandoned` at that revision), then ask again. */
export type OpenClaim = Readonly<{
  id: string;
  tenant: string;
  kind: string;
  stream: string;
  expected: bigint | 'none';
  eventId: string;
  subject: string;
  openedAt: Instant;
}>;

export type OpenRequest = SubjectRef &
  Readonly<{
    categories: readonly string[];
    /**
     * `subject`: make the subject and its keys (a subject made before is taken as it is);
     * `keys`: the subject must be live, missing keys of `categories` are made; `none`: all must be there.
     */
    mint: 'subject' | 'keys' | 'none';
    requestEpoch?: number;
    /**
     * Asked for on behalf of the holder; the first of `categories` is the one whose key seals them, so they need one.
     * The holder's own claim is no conflict: confirmed, or left open by this very `eventId` (a retry; at another
     * revision it gets a new id). Left open by another event of the same holder it is contested like anybody's.
     */
    claims?: readonly ClaimRequest[];
    /**
     * Other subjects of the tenant that must be live at that moment too, and stay so until the claims and keys are
     * committed: the member, when an identity record of its own is opened.
     */
    alsoLive?: readonly string[];
    now: Instant;
  }>;

/** A subject, fenced and live at the moment of `open`. All methods are synchronous and touch no store. */
export interface SubjectWriter {
  /** Seals under the category's two-factor key; the field label and event id are authenticated. */
  seal(category: string, field: string, eventId: string, plaintext: string): Sealed;
  /** Keyed digest of a payload (22 characters), under the category's `tag` key. */
  digest(category: string, payload: string): string;
  /** A UUID derived under the category's `id` key: dies with that key. */
  deriveId(category: string, label: string): string;
  /** A stream name part derived under the category's `stream` key (`audit-<..>` of a month). */
  deriveStream(category: string, label: string): string;
  /** Ids of the claims this call made or found its own; hand them to `confirmClaims` once the append is durable. */
  readonly claims: readonly string[];
}

/** What became of one sealed value. Erased, unknown and restricted are different answers; unavailable is an error. */
export type Opened =
  | Readonly<{ kind: 'opened'; plaintext: string }>
  | Readonly<{ kind: 'erased' | 'restricted' | 'unknown' | 'corrupt' }>;

export type SubjectStatus =
  | Readonly<{ kind: 'unknown' }>
  | Readonly<{ kind: 'live' }>
  | Readonly<{ kind: 'restricted'; at: Instant }>
  | Readonly<{ kind: 'erased'; destroyedAt: Instant }>;

/** Why reads stopped: names the request, so that a restriction without its event can be completed. Holds no personal value. */
export type Restriction = SubjectRef &
  Readonly<{ at: Instant; request: Readonly<Record<string, string>>; recorded: boolean }>;

export type Destruction = SubjectRef &
  Readonly<{
    categories: readonly string[];
    /** Identity records whose claims go with the subject: labels for `deriveId` under `basic`, and their category. */
    derived: readonly Readonly<{ category: string; label: string }>[];
    now: Instant;
  }>;

/** One person's data of one category within one scope: a local day of behaviour, an activity. */
export type ScopedRef = SubjectRef & Readonly<{ category: string; scope: string }>;

export type ScopedRequest = ScopedRef &
  Readonly<{
    /** Whether a scope without a key gets one (never the subject: `prepareSubjects` makes those keys). */
    mint: boolean;
    /** For an activity: claims the participant id for the subject, so that `lookup` finds whose it is. */
    participant?: Readonly<{ id: string; stream: string; expected: bigint | 'none'; eventId: string }>;
    now: Instant;
  }>;

/**
 * The keys of a person within a scope, live when they were asked for. Synchronous, touches no store. Its values
 * (`LS2`) name neither key nor person: only who derives the name of a stream knows whose it is.
 */
export interface ScopedKeys {
  readonly scope: string;
  seal(field: string, eventId: string, plaintext: string): Sealed;
  /** Null: not sealed under these keys. */
  open(field: string, eventId: string, value: Sealed): string | null;
  /** UUID under the `id` key: event ids from request ids, handles from event ids. */
  id(label: string): string;
  /** Name part (32 hex digits) of the n-th stream. */
  stream(ordinal: number): string;
  /** Keyed digest (22 characters) under the `tag` key. */
  tag(label: string): string;
  /** Claims made or found own, for `confirmClaims`. */
  readonly claims: readonly string[];
}

export type ScopeDestruction = Readonly<{
  tenant: string;
  category: string;
  /** `through`: all day scopes up to this one, whether they have a key or not; custody mints none of them again. */
  scopes: Readonly<{ through: string }> | readonly string[];
  /** Participant ids whose claims go with the scope. */
  participants?: readonly string[];
  now: Instant;
}>;

/** A scope key that was destroyed (a tombstone). */
export type DestroyedScope = Readonly<{ scope: string; destroyedAt: Instant }>;

/**
 * A hold on the night that counts what is recorded now. While it is held the nightly run waits, so what is sealed
 * here is appended before the night is read. Synchronous but for `release`.
 */
export interface NightHold {
  readonly night: string;
  /** Seals under the night key. */
  seal(field: string, eventId: string, plaintext: string): Sealed;
  /** The pseudonym of a person, for this night alone (22 characters). */
  pseudonym(subject: string): string;
  /** UUID under the night key's `id` purpose. */
  id(label: string): string;
  release(): void;
}

/** A night that nobody records into any more: what is sealed under its key can be read once, then the key goes. */
export interface ClosedNight {
  readonly night: string;
  /** Everything of this night stands in the log after this position. */
  readonly from: bigint;
  open(field: string, eventId: string, value: Sealed): string | null;
  id(label: string): string;
}

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
    rejects: readonly ImportReject[];
    begunAt: Instant;
  }>;

/** What a chunk leaves, all at once. */
export type ChunkResult = Readonly<{ counts: ImportCounts; rejects: readonly ImportReject[] }>;

export type KeyClass = 'scope' | 'subject' | 'lookup';

/** A class rotated by the nightly run: what was destroyed up to `destroyedBefore` is unrecoverable from `at`. */
export type Rotation = Readonly<{ keyClass: KeyClass; epoch: number; destroyedBefore: Instant; at: Instant }>;

export type KeyCounts = Readonly<{
  living: number;
  destroyed: number;
  byClass: Readonly<Record<KeyClass, number>>;
  destroyedByClass: Readonly<Record<KeyClass, number>>;
}>;

/** What the log says was destroyed or rotated; the start-up comparison reads nothing else of it. */
export type LoggedDestruction =
  | Readonly<{ kind: 'erased'; tenant: string; subject: string; categories: readonly string[] }>
  | Readonly<{ kind: 'scope'; tenant: string; category: string; scope: string }>
  | Readonly<{ kind: 'rotated'; keyClass: KeyClass; epoch: number }>;

/**
 * The one mutable store: keys, lookup claims, restrictions.
 *
 * Errors are `LacunaError`s: `SUBJECT_ERASED`, `SUBJECT_RESTRICTED`, `SUBJECT_UNKNOWN`, `CUSTODY_UNAVAILABLE`,
 * `KMS_UNAVAILABLE`, `KEK_MISSING`, `KEY_CORRUPT`, `CUSTODY_ARGUMENT_INVALID`, `CLAIM_TAKEN` (a violation names the kind), `CLAIM_CONTESTED` (`claim` on the error's cause:
 * see `contestedClaim`), `REQUEST_EPOCH_PAST` (names again), `KEY_EXHAUSTED`. Nothing is half done on any of them.
 */
export interface Custody {
  /** The names under the previous month's key first, where it still lives, and the current one's last. */
  requestNames(tenant: string, client: string, requestId: string): Promise<readonly RequestNames[]>;

  /** Fences, mints and claims in one durable commit (shared with concurrent callers; one loser never hurts another). */
  open(request: OpenRequest): Promise<SubjectWriter>;

  /**
   * Opens values of one tenant, each after its subject's fence was asked. Order is kept.
   * `erased` is asked of the value's own key: a category that outlives the erasure of the others still opens.
   * `unknown`: no such key in this tenant. `corrupt`: not what was sealed under that key for this tenant.
   */
  unseal(tenant: string, values: readonly Sealed[]): Promise<readonly Opened[]>;

  /**
   * Stream names under one category's key, as `deriveStream` gives them. Asks for that key alone, not for the subject's
   * fence: a category that the law keeps still has its streams after an erasure. Opens no value. Null: no key, or gone.
   */
  streamNames(
    ref: SubjectRef,
    category: string,
    labels: readonly string[],
  ): Promise<readonly string[] | null>;

  status(ref: SubjectRef): Promise<SubjectStatus>;

  /**
   * Who holds a value: the subject, or null. An open claim counts only when `includeOpen`. Asks no subject's fence:
   * a restricted holder is named, and only `open` and `unseal` refuse it.
   */
  lookup(
    tenant: string,
    kind: string,
    value: string,
    options?: Readonly<{ includeOpen?: boolean }>,
  ): Promise<string | null>;

  /** The append behind these claims is durable. Idempotent; may be called late: an open claim is settled when contested. */
  confirmClaims(ids: readonly string[]): Promise<void>;

  /** Frees claims: of an append that will never come (abandoned), or a corrected value's old one. Idempotent. */
  releaseClaims(ids: readonly string[]): Promise<void>;

  /** Confirmed claims of a subject of one kind, oldest first: a correction frees all but its own. */
  claimsOf(ref: SubjectRef, kind: string): Promise<readonly string[]>;

  /** Open claims older than `before`, for the reactor to settle. */
  openClaims(before: Instant): Promise<readonly OpenClaim[]>;

  /** Stops every open and unseal of the subject from the moment it resolves. The first restriction stands; a repeat returns it. */
  restrict(ref: SubjectRef, request: Readonly<Record<string, string>>, now: Instant): Promise<Restriction>;

  /** `ErasureRequested` is in the log. */
  restrictionRecorded(ref: SubjectRef): Promise<void>;

  /** Restrictions older than `before` whose event is missing: a crash came between. */
  unrecordedRestrictions(before: Instant): Promise<readonly Restriction[]>;

  /**
   * Destroys the keys of the categories and all claims, leaves tombstones, in one transaction.
   * Needs a restricted subject (`SUBJECT_NOT_RESTRICTED`), which it leaves erased; an erased one can be given again
   * for categories that outlived the first time. Repeating it answers with the first time.
   * `destroyedAt` is `now`, or just after the last rotation's `destroyedBefore` where that is later: a destruction
   * that a rotation under way does not cover never looks as if it did.
   */
  destroy(request: Destruction): Promise<Readonly<{ destroyedAt: Instant }>>;

  /**
   * The last rotation of each class that was ever rotated: append what the log lacks of them (a crash may have come
   * between a rotation and its event).
   */
  rotations(): Promise<readonly Rotation[]>;

  /**
   * The nightly run: rotates each class in which something was destroyed since its last rotation, and, where `month`
   * (`1998-07`) is a later one than last time, the request keys: a new one, the last one kept, older ones destroyed.
   * What it rotated stands in `rotations`. Callers go on undisturbed. Safe to repeat; one at a time (a second one waits).
   */
  rotate(now: Instant, month: string): Promise<void>;

  counts(): Promise<KeyCounts>;

  /**
   * Makes the keys of these categories for every live member of the tenant that lacks one, all at once and in no order:
   * a key that were made at somebody's first behaviour would stand beside it in the database. Answers how many.
   */
  prepareSubjects(tenant: string, categories: readonly string[]): Promise<number>;

  /**
   * Keys of a person within a scope. Only reads, but for a scope's own key (one a day) and a participant's claim: no
   * row and no lock of the person is written, so that nothing in the database stands beside the event that follows.
   * What is sealed here and lands after an erasure is dead on arrival.
   * `SUBJECT_UNPREPARED`: the subject has no key of the category yet. `SCOPE_CLOSED`: destroyed, or never to be made.
   * `SCOPE_UNKNOWN`: `mint` is false and there is no key. And what `open` says of subjects and claims.
   */
  openScoped(request: ScopedRequest): Promise<ScopedKeys>;

  /** As `openScoped` without minting, of many scopes at once; those without a living key are left out. */
  openScopes(ref: SubjectRef, category: string, scopes: readonly string[]): Promise<readonly ScopedKeys[]>;

  /**
   * Destroys scope keys: what everybody left in a day, one activity, one counted night. One transaction, whatever was
   * sealed under them. Answers with those that had a key, now or when it was asked first; unrecoverable after `rotate`.
   */
  destroyScopes(request: ScopeDestruction): Promise<readonly DestroyedScope[]>;

  /** Living scope keys of a category, the oldest scope first. */
  livingScopes(tenant: string, category: string): Promise<readonly string[]>;

  /** Tombstones of a category's scopes destroyed at or after an instant: what the log may not name yet. */
  destroyedScopes(tenant: string, category: string, since: Instant): Promise<readonly DestroyedScope[]>;

  /**
   * The night that is named, for recording. Its key is made with the first hold, `head` (the log's, asked before) is
   * where its events can begin. `NIGHT_CLOSED`: its run has begun; ask the clock again.
   */
  holdNight(tenant: string, night: string, head: () => Promise<bigint>): Promise<NightHold>;

  /**
   * Closes every night up to the one named: no hold is given any more, and it resolves when all that were given have
   * been released (or their process is gone). The oldest first; a night whose key is destroyed is not among them.
   */
  closeNights(tenant: string, through: string): Promise<readonly ClosedNight[]>;

  /** Begins an import, or takes up the one of the same file where it stands. */
  beginImport(file: ImportFile, now: Instant): Promise<ImportState>;

  /** The import that is under way, or null. */
  importState(tenant: string, importId: string): Promise<ImportState | null>;

  /** The event id of a chunk's copies, under the import's own key: the same whatever night it is sent again. */
  chunkId(tenant: string, importId: string, chunk: number): Promise<string>;

  /** Counts a chunk, once: false where it was counted before. `IMPORT_CHUNK_INVALID`: another one is next. */
  completeChunk(tenant: string, importId: string, chunk: number, result: ChunkResult): Promise<boolean>;

  /** Destroys the seed and forgets the import: finished, or abandoned. Idempotent. */
  endImport(tenant: string, importId: string): Promise<void>;

  /** Imports under way, for `status`; without their seeds. */
  openImports(): Promise<readonly Omit<ImportState, 'seed' | 'rejects'>[]>;
}
