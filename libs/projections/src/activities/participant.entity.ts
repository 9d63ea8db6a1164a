import { ViewColumn, ViewEntity } from 'typeorm';

/** Somebody who takes part, as readers see it under its stable name; `details` sealed. */
@ViewEntity({ schema: 'views', name: 'participant', synchronize: false })
export class ParticipantEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'activity_id' })
  activityId!: string;

  @ViewColumn({ name: 'participant_id' })
  participantId!: string;

  @ViewColumn({ name: 'event_id' })
  eventId!: string;

  @ViewColumn({ name: 'details' })
  details!: string | null;
}
