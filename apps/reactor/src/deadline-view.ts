import type { DeadlineView, OpenDeadline } from '@lacuna/application';
import type { ViewQueries } from '@lacuna/projections';

const LONGEST_WAIT_MS = 30_000;

type Pages = Map<string, Promise<readonly OpenDeadline[]>>;

/**
 * The deadlines view as the reactor asks it: open ones, once the view has come to where the log is. What it said at a
 * position is asked once: it follows from the log, so as long as the head has not moved it would say the same again
 * (a clock that is walked asks at every stop, and most nights change no deadline).
 */
export const deadlineView = (queries: Pick<ViewQueries, 'openDeadlines' | 'waitUntil'>): DeadlineView => {
  let at: bigint | null = null;
  let pages: Pages = new Map();

  const ask = (asked: Pages, key: string, page: () => Promise<readonly OpenDeadline[]>) => {
    const known = asked.get(key);
    if (known !== undefined) return known;
    const answer = page();
    asked.set(key, answer);
    answer.catch(() => asked.delete(key));
    return answer;
  };

  return {
    open: (tenant, kind, limit) =>
      ask(pages, `${tenant} ${kind} ${String(limit)}`, () => queries.openDeadlines(tenant, { kind, limit })),
    passed: async (position) => {
      await queries.waitUntil('deadlines', position, LONGEST_WAIT_MS);
      if (position === at) return;
      at = position;
      pages = new Map();
    },
  };
};
