import type { Instant } from '@lacuna/domain/kernel';
import type { Position } from '@lacuna/event-store';
import type { DataSource } from 'typeorm';
import { readViews } from '../queries/view-source.store.js';
import { DeadlineEntity } from './deadline.entity.js';

export type DeadlineKind = 'correction' | 'identity-retention' | 'activity-end' | 'activity-retention';
export type DeadlineState = 'open' | 'missed' | 'done' | 'cancelled';

export type DeadlineRow = Readonly<{
  tenant: string;
  deadlineId: string;
  kind: DeadlineKind;
  stream: string;
  /** The member, the identity record, or the activity. */
  subjectId: string;
  /** From when it counts: recorded time of the event that began it; of an activity its planned end, then its end. */
  anchor: Instant;
  /** `correction`: of the pack's deadlines; `real-name`, `activity`: of its categories. */
  rule: string;
  state: DeadlineState;
  correctionId: string | null;
  missedAt: Instant | null;
  settledAt: Instant | null;
  /** Of the event that began it. */
  position: Position;
}>;

const toRow = (row: DeadlineEntity): DeadlineRow => ({
  tenant: row.tenant,
  deadlineId: row.deadlineId,
  kind: row.kind as DeadlineKind,
  stream: row.stream,
  subjectId: row.subjectId,
  anchor: row.anchor,
  rule: row.rule,
  state: row.state as DeadlineState,
  correctionId: row.correctionId,
  missedAt: row.missedAt,
  settledAt: row.settledAt,
  position: BigInt(row.position),
});

export type DeadlinePage = Readonly<{
  states?: readonly DeadlineState[];
  kind?: DeadlineKind;
  /** Only what is anchored at or before this instant: what is anchored later cannot be due earlier under one rule. */
  anchoredBy?: Instant;
  limit?: number;
}>;

/** Deadlines of a tenant, the earliest begun first; open ones unless other states are asked for. */
export const openDeadlines = async (
  source: DataSource,
  tenant: string,
  { states = ['open'], kind, anchoredBy, limit = 1_000 }: DeadlinePage = {},
): Promise<readonly DeadlineRow[]> => {
  const query = source
    .getRepository(DeadlineEntity)
    .createQueryBuilder('d')
    .where('d.tenant = :tenant AND d.state = ANY (:states)', { tenant, states: [...states] })
    .orderBy('d.anchor')
    .addOrderBy('d.deadlineId')
    .limit(limit);
  if (kind !== undefined) query.andWhere('d.kind = :kind', { kind });
  if (anchoredBy !== undefined) query.andWhere('d.anchor <= :anchoredBy', { anchoredBy });
  return (await readViews(() => query.getMany())).map(toRow);
};

/** How many deadlines of a tenant are in each state; states without any are absent. */
export const deadlineCounts = async (
  source: DataSource,
  tenant: string,
): Promise<Readonly<Partial<Record<DeadlineState, number>>>> => {
  const counted = await readViews(() =>
    source
      .getRepository(DeadlineEntity)
      .createQueryBuilder('d')
      .select(['d.state AS state', 'count(*)::integer AS count'])
      .where('d.tenant = :tenant', { tenant })
      .groupBy('d.state')
      .getRawMany<{ state: DeadlineState; count: number }>(),
  );
  return Object.fromEntries(counted.map(({ state, count }) => [state, count]));
};
