import { ViewColumn, ViewEntity } from 'typeorm';

/** A live activity, as readers see it under its stable name. */
@ViewEntity({ schema: 'views', name: 'activity', synchronize: false })
export class ActivityEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'activity_id' })
  activityId!: string;

  @ViewColumn({ name: 'title' })
  title!: string;

  @ViewColumn({ name: 'organiser' })
  organiser!: string;

  @ViewColumn({ name: 'planned_end' })
  plannedEnd!: string;

  @ViewColumn({ name: 'state' })
  state!: string;

  @ViewColumn({ name: 'ended_at' })
  endedAt!: string | null;

  @ViewColumn({ name: 'position' })
  position!: string;
}
