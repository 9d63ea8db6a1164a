import { Query } from '@nestjs/cqrs';
import type { Caller } from '@lacuna/application';
import type { ActivityRow } from '@lacuna/projections';

export class ListActivities extends Query<readonly ActivityRow[]> {
  constructor(readonly caller: Caller) {
    super();
  }
}

export type RosterRequest = Readonly<{ activityId: string; purpose: string }>;

export type ShownParticipant = Readonly<{
  participantId: string;
  name: string;
  details: Readonly<Record<string, string>>;
}>;

/** `gone`: sign-ups of members who have left since. */
export type Roster = Readonly<{ participants: readonly ShownParticipant[]; gone: number }>;

export class GetRoster extends Query<Roster> {
  constructor(
    readonly caller: Caller,
    readonly request: RosterRequest,
  ) {
    super();
  }
}
