import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { LocalDate } from '@lacuna/domain/kernel';
import type { MemberKey } from '../member/get-member.query.js';

export type BehaviourRequest = Readonly<{
  by: MemberKey;
  purpose: string;
  /** Empty: all that the pack lets this role see for this purpose. */
  kinds: readonly string[];
  /** Local days, inclusive; empty: open. */
  fromDay: string;
  toDay: string;
}>;

/** One behaviour as it is shown: its details as texts, after corrections. */
export type ShownBehaviour = Readonly<{
  behaviourId: string;
  day: LocalDate;
  kind: string;
  occurred: string;
  details: Readonly<Record<string, string>>;
  corrected: boolean;
}>;

export type ShownBehaviours = Readonly<{
  memberId: string;
  entries: readonly ShownBehaviour[];
  liveFrom: LocalDate;
}>;

export class ListBehaviour extends Query<ShownBehaviours> {
  constructor(
    readonly caller: Caller,
    readonly request: BehaviourRequest,
  ) {
    super();
  }
}
