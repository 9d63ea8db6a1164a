import { Command, Query } from '@nestjs/cqrs';
import type { Instant } from '@lacuna/domain/kernel';
import type { Position } from '@lacuna/event-store';
import type { Caller, RequestFrame } from '../caller.js';

/** A member's fields in plain text, as they came in. An absent field was not provided (R010). */
export type MemberInfo = Readonly<{
  name?: string;
  mobile?: string;
  memberLevel?: string;
  vehicleMake?: string;
  vehicleModel?: string;
  plate?: string;
  vin?: string;
  joinedOn?: string;
  customerNumber?: string;
}>;

export type MemberRegisteredResult = Readonly<{ memberId: string; position: Position }>;

export class RegisterMember extends Command<MemberRegisteredResult> {
  constructor(
    readonly frame: RequestFrame,
    readonly info: MemberInfo,
  ) {
    super();
  }
}

/** The answer names neither the record nor its place in the log. */
export class VerifyRealName extends Command<void> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ memberId: string; name: string; idNumber: string }>,
  ) {
    super();
  }
}

export type CorrectionRequestedResult = Readonly<{
  correctionId: string;
  dueAt: Instant;
  position: Position;
}>;

/** `memberId` is empty for a member's own request: it stands in the token. */
export class RequestCorrection extends Command<CorrectionRequestedResult> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ memberId: string; changes: MemberInfo }>,
  ) {
    super();
  }
}

export type CorrectionAppliedResult = Readonly<{ position: Position }>;

export class ApplyCorrection extends Command<CorrectionAppliedResult> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ memberId: string; correctionId: string }>,
  ) {
    super();
  }
}

/** What happens to one category of a member's data (R077, R078). */
export type ErasurePlanItem = Readonly<{
  category: string;
  outcome: 'erase' | 'anonymise' | 'retain';
  /** The legal basis of what stays; null for what goes. */
  basis: string | null;
  /** When what stays goes by itself; null: not known from the pack alone. */
  until: Instant | null;
  cite: string;
}>;

export class PreviewErasure extends Query<readonly ErasurePlanItem[]> {
  constructor(
    readonly caller: Caller,
    readonly memberId: string,
  ) {
    super();
  }
}

export type ErasureRequestedResult = Readonly<{ erasureId: string; restrictedAt: Instant }>;

export class RequestErasure extends Command<ErasureRequestedResult> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ memberId: string; reason: string; categories: readonly string[] }>,
  ) {
    super();
  }
}

export type ErasureStatus = Readonly<{
  state: 'none' | 'requested' | 'started' | 'destroyed' | 'final';
  erasureId: string | null;
  requestedAt: Instant | null;
  destroyedAt: Instant | null;
  unrecoverableAt: Instant | null;
  items: readonly ErasurePlanItem[];
}>;

export class GetErasureStatus extends Query<ErasureStatus> {
  constructor(
    readonly caller: Caller,
    readonly memberId: string,
  ) {
    super();
  }
}
