export * from './engine/index.js';
export * from './views.js';
export { memberDirectory, memberDirectoryTable } from './member-directory/member-directory.projection.js';
export { auditTrail, auditTrailTable } from './audit-trail/audit-trail.projection.js';
export { deadlines, deadlineTable } from './deadlines/deadlines.projection.js';
export { behaviour, behaviourTable } from './behaviour/behaviour.projection.js';
export { countedNightTable, statistics, statisticsTable } from './statistics/statistics.projection.js';
export { activities, activityTable, participantTable } from './activities/activities.projection.js';
export type { BehaviourName, BehaviourRow } from './behaviour/behaviour.store.js';
export type {
  StatisticsAnswer,
  StatisticsCell,
  StatisticsFilter,
  StatisticsState,
} from './statistics/statistics.store.js';
export type { ActivityRow, ParticipantRow } from './activities/activities.store.js';
export type { DirectoryMember, MemberAt } from './member-directory/member-directory.store.js';
export type { AuditFilter, AuditRow } from './audit-trail/audit-trail.store.js';
export type { DeadlineKind, DeadlinePage, DeadlineRow, DeadlineState } from './deadlines/deadlines.store.js';
export type { ViewStatus } from './queries/view-status.store.js';
export type { ViewState } from './schema/checkpoint.entity.js';
export {
  openViewQueries,
  type ActivityQueries,
  type BehaviourQueries,
  type StatisticsQueries,
  type ViewQueries,
} from './queries/view-queries.store.js';
export { positionAt } from './queries/position-at.js';
export {
  createProjectionRunner,
  type ProjectionRunner,
  type RunnerOptions,
} from './runner/projection-runner.js';
export { rebuildViews, type RebuildOptions, type RebuildReport } from './runner/rebuild.js';
export { viewsHealth, type WatchedViews } from './runner/views-health.js';
export { connectTo, type Connect } from './build/session.store.js';
export { pauseView, resumeView } from './runner/pause.js';
export {
  replay,
  type AsOf,
  type ReplayedView,
  type ReplayOptions,
  type ReplayReport,
} from './replay/replay.js';
export * from './projections.module.js';
export { viewsSchema } from './schema/views.schema.js';
