import type { Instant, Sealed } from '@lacuna/domain/kernel';
import type { Position } from '@lacuna/event-store';
import { Brackets, type DataSource } from 'typeorm';
import { readViews } from '../queries/view-source.store.js';
import { AuditTrailEntity } from './audit-trail.entity.js';

export type AuditRow = Readonly<{
  position: Position;
  recordedAt: Instant;
  occurredAt: Instant;
  eventType: string;
  stream: string;
  memberId: string | null;
  actor: string;
  role: string;
  channel: string;
  lawfulBasis: string;
  provenance: string;
  noticeVersion: string | null;
  purposes: readonly string[];
  fields: readonly string[];
  /** The clauses that the event itself cites. */
  rules: readonly string[];
  policy: string;
  outcome: 'done' | 'denied' | 'overdue';
  /** Who was read, sealed. */
  subject: Sealed | null;
  facts: Readonly<Record<string, unknown>>;
}>;

export type AuditFilter = Readonly<{
  /** Entries of this member's own stream ... */
  memberId?: string;
  /** ... and of these: the reads of a member stand in streams that only custody can name. */
  streams?: readonly string[];
  /** Recorded time, both inclusive. */
  from?: Instant;
  to?: Instant;
}>;

const MAX_PAGE = 1_000;

const toRow = (row: AuditTrailEntity): AuditRow => ({
  position: BigInt(row.position),
  recordedAt: row.recordedAt,
  occurredAt: row.occurredAt,
  eventType: row.eventType,
  stream: row.stream,
  memberId: row.memberId,
  actor: row.actor,
  role: row.role,
  channel: row.channel,
  lawfulBasis: row.lawfulBasis,
  provenance: row.provenance,
  noticeVersion: row.noticeVersion,
  purposes: JSON.parse(row.purposes) as string[],
  fields: JSON.parse(row.fields) as string[],
  rules: JSON.parse(row.rules) as string[],
  policy: row.policy,
  outcome: row.outcome as AuditRow['outcome'],
  subject: row.subject === null ? null : { sealed: row.subject },
  facts: JSON.parse(row.facts) as Record<string, unknown>,
});

const about = (filter: AuditFilter): Brackets =>
  new Brackets((where) => {
    if (filter.memberId !== undefined) where.orWhere('a.memberId = :memberId', { memberId: filter.memberId });
    if (filter.streams !== undefined)
      where.orWhere('a.stream = ANY (:streams)', { streams: [...filter.streams] });
  });

/** A page of the trail of one tenant, oldest first, after a position (0: from the beginning). */
export const auditPage = async (
  source: DataSource,
  tenant: string,
  filter: AuditFilter,
  page: Readonly<{ after: Position; limit: number }>,
): Promise<readonly AuditRow[]> => {
  const query = source
    .getRepository(AuditTrailEntity)
    .createQueryBuilder('a')
    .where('a.tenant = :tenant AND a.position > :after', { tenant, after: page.after.toString() })
    .orderBy('a.position')
    .limit(Math.min(page.limit, MAX_PAGE));
  if (filter.memberId !== undefined || filter.streams !== undefined) query.andWhere(about(filter));
  if (filter.from !== undefined) query.andWhere('a.recordedAt >= :from', { from: filter.from });
  if (filter.to !== undefined) query.andWhere('a.recordedAt <= :to', { to: filter.to });
  return (await readViews(() => query.getMany())).map(toRow);
};
