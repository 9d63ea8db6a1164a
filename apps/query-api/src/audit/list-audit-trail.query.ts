import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { Instant } from '@lacuna/domain/kernel';

export type Language = 'zh' | 'en';

export type TrailFilter = Readonly<{
  memberId: string | null;
  from: Instant | null;
  to: Instant | null;
}>;

export type TrailRequest = TrailFilter &
  Readonly<{ pageSize: number; pageToken: string; language: Language }>;

/** One line of the trail, in the words of a compliance officer. */
export type TrailEntry = Readonly<{
  position: bigint;
  recordedAt: Instant;
  eventType: string;
  actor: string;
  role: string;
  purpose: string;
  rule: string;
  policy: string;
  memberId: string;
  fields: readonly string[];
  text: string;
  outcome: 'done' | 'denied' | 'overdue';
}>;

export type TrailPage = Readonly<{ entries: readonly TrailEntry[]; nextPageToken: string }>;

export class ListAuditTrail extends Query<TrailPage> {
  constructor(
    readonly caller: Caller,
    readonly request: TrailRequest,
  ) {
    super();
  }
}
