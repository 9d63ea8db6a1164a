import type { Instant } from '@lacuna/domain/kernel';
import type { Position } from '@lacuna/event-store';

export type DeadlineKind = 'correction' | 'identity-retention' | 'activity-end' | 'activity-retention';

/** Something that falls due: its anchor and the name of its rule in the pack, so that a new policy moves it. */
export type OpenDeadline = Readonly<{
  deadlineId: string;
  kind: DeadlineKind;
  /** The member, the identity record, or the activity. */
  subjectId: string;
  anchor: Instant;
  rule: string;
  correctionId: string | null;
}>;

/** The deadlines view, as far as the reactor asks it. */
export interface DeadlineView {
  /** Open deadlines of a tenant and kind, the earliest begun first; under one rule that is the earliest due. */
  open(tenant: string, kind: DeadlineKind, limit: number): Promise<readonly OpenDeadline[]>;
  /** Resolves when the view has passed a position; `VIEW_BEHIND` when it does not come to it in time. */
  passed(position: Position): Promise<void>;
}
