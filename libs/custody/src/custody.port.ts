import type { Instant, Sealed } from '@lacuna/domain/kernel';
import type { ImportCustody } from './imports.port.js';
import type { NightCustody } from './nights.port.js';
import type { ScopeCustody, SubjectRef } from './scopes.port.js';

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
    /**
     * Categories whose values are sealed under a scope of its own (a month of reads: `1998-07`) instead of the
     * membership's: they are `erased` once that scope is destroyed, and `deriveStream` goes with it. Ids and digests
     * (`deriveId`, `digest`) stay the membership's. Its key is made unless `mint` is `none`; `SCOPE_CLOSED` and `SCOPE_UNKNOWN` as in `openScoped`.
     */
    scopes?: Readonly<Record<string, string>>;
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
  /** Seals under the category's two-factor key (of its scope, where `open` was given one); the field label and event id are authenticated. */
  seal(category: string, field: string, eventId: string, plaintext: string): Sealed;
  /** Keyed digest of a payload (22 characters), under the category's `tag` key. */
  digest(category: string, payload: string): string;
  /** A UUID derived under the category's `id` key: dies with that key. */
  deriveId(category: string, label: string): string;
  /** A stream name part derived under the `stream` key of the category and the scope it was opened for. */
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
 * see `contestedClaim`), `REQUEST_EPOCH_PAST` (names again), `KEY_EXHAUSTED`, and those that the methods of
 * scopes, nights and imports name. Nothing is half done on any of them.
 */
export interface Custody extends ScopeCustody, NightCustody, ImportCustody {
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
   * The stream of each scope, as `deriveStream(category, scope)` of a writer opened for that scope names it. Asks for
   * these keys alone, not for the subject's fence: a category that the law keeps still has its streams after an
   * erasure. Opens no value. A scope whose key was never made or is gone has none: nobody can name its stream again.
   */
  streamNames(ref: SubjectRef, category: string, scopes: readonly string[]): Promise<readonly string[]>;

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
}
