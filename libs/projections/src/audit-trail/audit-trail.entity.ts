import { ViewColumn, ViewEntity } from 'typeorm';

/** A row of the live audit trail, as readers see it under its stable name. Lists and facts are JSON. */
@ViewEntity({ schema: 'views', name: 'audit_trail', synchronize: false })
export class AuditTrailEntity {
  @ViewColumn({ name: 'tenant' })
  tenant!: string;

  @ViewColumn({ name: 'position' })
  position!: string;

  @ViewColumn({ name: 'recorded_at' })
  recordedAt!: string;

  @ViewColumn({ name: 'occurred_at' })
  occurredAt!: string;

  @ViewColumn({ name: 'event_type' })
  eventType!: string;

  @ViewColumn({ name: 'stream' })
  stream!: string;

  @ViewColumn({ name: 'member_id' })
  memberId!: string | null;

  @ViewColumn({ name: 'actor' })
  actor!: string;

  @ViewColumn({ name: 'role' })
  role!: string;

  @ViewColumn({ name: 'channel' })
  channel!: string;

  @ViewColumn({ name: 'lawful_basis' })
  lawfulBasis!: string;

  @ViewColumn({ name: 'provenance' })
  provenance!: string;

  @ViewColumn({ name: 'notice_version' })
  noticeVersion!: string | null;

  @ViewColumn({ name: 'purposes' })
  purposes!: string;

  @ViewColumn({ name: 'fields' })
  fields!: string;

  @ViewColumn({ name: 'rules' })
  rules!: string;

  @ViewColumn({ name: 'policy' })
  policy!: string;

  @ViewColumn({ name: 'outcome' })
  outcome!: string;

  @ViewColumn({ name: 'subject' })
  subject!: string | null;

  @ViewColumn({ name: 'facts' })
  facts!: string;
}
