import type { Command, Instant, LocalDate } from '../kernel/index.js';
import type { ErasureItem } from './member.events.js';
import type { MemberChanges, MemberInfo } from './member-fields.js';

/** `today` is the command's day in the tenant's zone: a date in the data may not lie after it. */
export type RegisterMember = Command<
  'RegisterMember',
  { memberId: string; info: MemberInfo<string>; today: LocalDate }
>;

export type RequestCorrection = Command<
  'RequestCorrection',
  { memberId: string; correctionId: string; changes: MemberChanges<string>; today: LocalDate }
>;

/** `changes` are the requested ones, opened so that they can be sealed again under the new event's id. */
export type ApplyCorrection = Command<
  'ApplyCorrection',
  { memberId: string; correctionId: string; changes: MemberChanges<string> }
>;

/** `dueAt`: the last moment that is in time, from the request and the pack's deadline. */
export type MarkCorrectionOverdue = Command<
  'MarkCorrectionOverdue',
  { memberId: string; correctionId: string; dueAt: Instant }
>;

/**
 * `categories` empty: all that the law lets go. `plan` and `reasons` are the pack's: what becomes of each category
 * of this member, and which reasons it knows.
 */
export type RequestErasure = Command<
  'RequestErasure',
  {
    memberId: string;
    erasureId: string;
    reason: string;
    categories: readonly string[];
    plan: readonly ErasureItem[];
    reasons: readonly string[];
  }
>;

export type StartErasure = Command<
  'StartErasure',
  { memberId: string; erasureId: string; plan: readonly ErasureItem[] }
>;

/** `destroyedAt`: when custody destroyed the keys. */
export type CompleteErasure = Command<
  'CompleteErasure',
  { memberId: string; erasureId: string; destroyedAt: Instant }
>;

/** `unrecoverableAt`: when the last key that could unwrap what was destroyed was gone. */
export type FinaliseErasure = Command<
  'FinaliseErasure',
  { memberId: string; erasureId: string; unrecoverableAt: Instant }
>;

export type MemberCommand =
  | RegisterMember
  | RequestCorrection
  | ApplyCorrection
  | MarkCorrectionOverdue
  | RequestErasure
  | StartErasure
  | CompleteErasure
  | FinaliseErasure;
