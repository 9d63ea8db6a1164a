import type { Instant } from '@lacuna/domain/kernel';
import type { EventStore, Position } from '@lacuna/event-store';
import {
  listActivities,
  listParticipants,
  oneActivity,
  type ActivityRow,
  type ParticipantRow,
} from '../activities/activities.store.js';
import { auditPage, type AuditFilter, type AuditRow } from '../audit-trail/audit-trail.store.js';
import { behaviourByStreams, type BehaviourName, type BehaviourRow } from '../behaviour/behaviour.store.js';
import {
  deadlineCounts,
  openDeadlines,
  type DeadlinePage,
  type DeadlineRow,
  type DeadlineState,
} from '../deadlines/deadlines.store.js';
import { memberById, type MemberAt } from '../member-directory/member-directory.store.js';
import {
  statisticsRows,
  statisticsState,
  type StatisticsAnswer,
  type StatisticsFilter,
  type StatisticsState,
} from '../statistics/statistics.store.js';
import { positionAt } from './position-at.js';
import { openViewSource } from './view-source.store.js';
import { viewStatus, waitUntil, type ViewStatus } from './view-status.store.js';

type Log = Pick<EventStore, 'head' | 'readAll'>;

export interface BehaviourQueries {
  /** The records of these streams, each looked for in its day, in the order asked for; one statement for some thousands. */
  byStreams(tenant: string, names: readonly BehaviourName[]): Promise<readonly BehaviourRow[]>;
}

export interface StatisticsQueries {
  /** Cells of a range's days, of its whole months, and (without a range, or a kind) what was merged further. */
  rows(tenant: string, filter?: StatisticsFilter): Promise<StatisticsAnswer>;
  state(tenant: string): Promise<StatisticsState>;
}

export interface ActivityQueries {
  list(tenant: string): Promise<readonly ActivityRow[]>;
  one(tenant: string, activityId: string): Promise<ActivityRow | null>;
  participants(tenant: string, activityId: string): Promise<readonly ParticipantRow[]>;
}

/** What may be asked of the live views. Values come sealed: opening them, deciding who may, and recording it, are the caller's. */
export interface ViewQueries {
  memberById(tenant: string, memberId: string, asOf?: Position): Promise<MemberAt>;
  auditPage(
    tenant: string,
    filter: AuditFilter,
    page: Readonly<{ after: Position; limit: number }>,
  ): Promise<readonly AuditRow[]>;
  openDeadlines(tenant: string, page?: DeadlinePage): Promise<readonly DeadlineRow[]>;
  deadlineCounts(tenant: string): Promise<Readonly<Partial<Record<DeadlineState, number>>>>;
  readonly behaviours: BehaviourQueries;
  readonly statistics: StatisticsQueries;
  readonly activities: ActivityQueries;
  viewStatus(): Promise<readonly ViewStatus[]>;
  /** Read your own writes: `VIEW_BEHIND` where the view does not come to the position in time. */
  waitUntil(view: string, position: Position, timeoutMs?: number): Promise<Position>;
  /** The last position recorded at or before an instant. */
  positionAt(instant: Instant): Promise<Position>;
  close(): Promise<void>;
}

/** Opens the live views for reading. */
export const openViewQueries = async (databaseUrl: string, store: Log): Promise<ViewQueries> => {
  const source = await openViewSource(databaseUrl);
  return {
    memberById: (tenant, memberId, asOf) => memberById(source, tenant, memberId, asOf),
    auditPage: (tenant, filter, page) => auditPage(source, tenant, filter, page),
    openDeadlines: (tenant, page) => openDeadlines(source, tenant, page),
    deadlineCounts: (tenant) => deadlineCounts(source, tenant),
    behaviours: { byStreams: (tenant, names) => behaviourByStreams(source, tenant, names) },
    statistics: {
      rows: (tenant, filter) => statisticsRows(source, tenant, filter),
      state: (tenant) => statisticsState(source, tenant),
    },
    activities: {
      list: (tenant) => listActivities(source, tenant),
      one: (tenant, activityId) => oneActivity(source, tenant, activityId),
      participants: (tenant, activityId) => listParticipants(source, tenant, activityId),
    },
    viewStatus: () => viewStatus(source, store),
    waitUntil: (view, position, timeoutMs) => waitUntil(source, view, position, timeoutMs),
    positionAt: (instant) => positionAt(store, instant),
    close: () => source.destroy(),
  };
};
