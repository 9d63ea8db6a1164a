import type { Position } from '@lacuna/event-store';
import type { Caller } from '../caller.js';

/** A read that the policy engine allowed, about to be answered. */
export type AllowedRead = Readonly<{
  caller: Caller;
  /** The member who is read. */
  memberId: string;
  purpose: string;
  category: string;
  fields: readonly string[];
  action: string;
  /** The rules and grants that decided. */
  rules: readonly string[];
  grants: readonly string[];
  /** The position the values held at; null: now. */
  asOf: Position | null;
}>;

/** A read that was refused. `memberId` is null where the request named nobody we know. */
export type DeniedRead = Readonly<{
  caller: Caller;
  memberId: string | null;
  purpose: string;
  fields: readonly string[];
  action: string;
  reason: string;
  nearestMiss: string | null;
}>;

/** A look into the trail itself; whom it was filtered by is not named. */
export type TrailRead = Readonly<{
  caller: Caller;
  from: string | null;
  to: string | null;
  byMember: boolean;
}>;

/**
 * Every read leaves an event before its answer goes out (R055). Fails closed: when a method rejects, the caller
 * answers with that error and shows nothing.
 */
export interface ReadRecorder {
  /** Durable when it resolves. Throws `SUBJECT_ERASED`, `SUBJECT_RESTRICTED` (answer nothing), or what the stores throw. */
  recordRead(read: AllowedRead): Promise<Position>;
  recordDenied(read: DeniedRead): Promise<Position>;
  recordTrailRead(read: TrailRead): Promise<Position>;
}
