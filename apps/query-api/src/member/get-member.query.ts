import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';

/** Whom a read is about: an id, or a value that belongs to one holder. */
export type MemberKey = Readonly<{ $case: 'memberId' | 'mobile' | 'customerNumber'; value: string }>;

export type MemberRequest = Readonly<{
  by: MemberKey;
  purpose: string;
  /** Empty: all that the pack lets this role see for this purpose. */
  fields: readonly string[];
  /** An instant or a position; empty: now. */
  asOf: string;
  minPosition: bigint;
}>;

export type ShownField = Readonly<{ name: string; value: string; masked: boolean }>;

export type ShownMember = Readonly<{ memberId: string; fields: readonly ShownField[]; position: bigint }>;

export class GetMember extends Query<ShownMember> {
  constructor(
    readonly caller: Caller,
    readonly request: MemberRequest,
  ) {
    super();
  }
}
