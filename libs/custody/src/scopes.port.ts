import type { Instant, Sealed } from '@lacuna/domain/kernel';

/** A person's data as custody knows it: an opaque id within a tenant. */
export type SubjectRef = Readonly<{ tenant: string; subject: string }>;

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

/** What people leave in a scope that ends for everybody at once: a day, a month, an activity. */
export interface ScopeCustody {
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

  /**
   * As `openScoped` without minting, of many scopes at once; those without a living key are left out. None at all for
   * whoever has no key of the category yet: there is nothing of theirs to open.
   */
  openScopes(ref: SubjectRef, category: string, scopes: readonly string[]): Promise<readonly ScopedKeys[]>;

  /**
   * Destroys scope keys: what everybody left in a day, one activity, one counted night. One transaction, whatever was
   * sealed under them. Answers with those that had a key (with `through`: all up to it that ever had one), whether they
   * lost it now or before; unrecoverable after `rotate`. A scope that had none gets its tombstone, and no mention.
   */
  destroyScopes(request: ScopeDestruction): Promise<readonly DestroyedScope[]>;

  /** Living scope keys of a category, the oldest scope first. */
  livingScopes(tenant: string, category: string): Promise<readonly string[]>;

  /** Tombstones of a category's scopes destroyed at or after an instant: what the log may not name yet. */
  destroyedScopes(tenant: string, category: string, since: Instant): Promise<readonly DestroyedScope[]>;
}
