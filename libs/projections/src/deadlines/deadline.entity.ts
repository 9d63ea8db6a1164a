import { ViewColumn, ViewEntity } from 'typeorm';

/** A row of the live deadlines, as readers see it under its stable name. */
@ViewEntity({ schema: 'views', name: 'deadline', synchronize: false })
export class DeadlineEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'subject_id' })
  subjectId!: string;

  @ViewColumn({ name: 'deadline_id' })
  deadlineId!: string;

  @ViewColumn({ name: 'kind' })
  kind!: string;

  @ViewColumn({ name: 'stream' })
  stream!: string;

  @ViewColumn({ name: 'anchor' })
  anchor!: string;

  @ViewColumn({ name: 'rule' })
  rule!: string;

  @ViewColumn({ name: 'state' })
  state!: string;

  @ViewColumn({ name: 'correction_id' })
  correctionId!: string | null;

  @ViewColumn({ name: 'missed_at' })
  missedAt!: string | null;

  @ViewColumn({ name: 'settled_at' })
  settledAt!: string | null;

  @ViewColumn({ name: 'position' })
  position!: string;
}
