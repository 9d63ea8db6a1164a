import type { Instant } from '@lacuna/domain/kernel';
import type { EventStore, Position } from '@lacuna/event-store';
import { auditPage, type AuditFilter, type AuditRow } from '../audit-trail/audit-trail.store.js';
import {
  deadlineCounts,
  openDeadlines,
  type DeadlinePage,
  type DeadlineRow,
  type DeadlineState,
} from '../deadlines/deadlines.store.js';
import { memberById, type MemberAt } from '../member-directory/member-directory.store.js';
import { positionAt } from './position-at.js';
import { openViewSource } from './view-source.store.js';
import { viewStatus, waitUntil, type ViewStatus } from './view-status.store.js';

type Log = Pick<EventStore, 'head' | 'readAll'>;

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
    viewStatus: () => viewStatus(source, store),
    waitUntil: (view, position, timeoutMs) => waitUntil(source, view, position, timeoutMs),
    positionAt: (instant) => positionAt(store, instant),
    close: () => source.destroy(),
  };
};
