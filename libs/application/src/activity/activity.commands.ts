import { Command } from '@nestjs/cqrs';
import type { Instant } from '@lacuna/domain/kernel';
import type { Position } from '@lacuna/event-store';
import type { RequestFrame } from '../caller.js';
import type { MemberName } from '../behaviour/behaviour.commands.js';

export class AnnounceActivity extends Command<Readonly<{ activityId: string; position: Position }>> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ title: string; plannedEnd: Instant }>,
  ) {
    super();
  }
}

/** Twice by one member is `ALREADY_SIGNED_UP`; after the end `ACTIVITY_ENDED`. The answer names the participant, nothing else. */
export class SignUp extends Command<Readonly<{ participantId: string }>> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{
      activityId: string;
      member: MemberName;
      details: Readonly<Record<string, string>>;
    }>,
  ) {
    super();
  }
}

/** Ends it now, before its planned end. */
export class EndActivity extends Command<Readonly<{ endedAt: Instant; position: Position }>> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ activityId: string }>,
  ) {
    super();
  }
}
