import type { DeadlineView } from '@lacuna/application';
import type { ViewQueries } from '@lacuna/projections';

const LONGEST_WAIT_MS = 30_000;

/** The deadlines view as the reactor asks it: open ones, once the view has come to where the log is. */
export const deadlineView = (queries: Pick<ViewQueries, 'openDeadlines' | 'waitUntil'>): DeadlineView => ({
  open: (tenant, kind, limit) => queries.openDeadlines(tenant, { kind, limit }),
  passed: async (position) => {
    await queries.waitUntil('deadlines', position, LONGEST_WAIT_MS);
  },
});
