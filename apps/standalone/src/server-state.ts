import type { Pool } from 'pg';
import type { Reactor } from '@lacuna/application';
import type { ServerState } from '../../query-api/src/index.js';

const COUNTS = `SELECT (SELECT count(*) FROM log.events WHERE revision = 0)::int AS streams,
                       (SELECT count(*) FROM log.events)::int AS events,
                       (SELECT position FROM log.head)::text AS head`;

type Counts = Awaited<ReturnType<ServerState['logCounts']>>;

const PAUSED =
  'the nightly run is paused: the real clock has jumped. Look at it, then "lacuna clock confirm-jump"';

/** What `status` says of this process and its log. `standing`: warnings that hold from the start on. */
export const serverState = (
  pool: Pool,
  reactor: Pick<Reactor, 'failures' | 'paused'>,
  version: string,
  standing: readonly string[],
): ServerState => ({
  version,
  logCounts: async () => {
    const { rows } = await pool.query<Counts>(COUNTS);
    return rows[0] ?? { streams: 0, events: 0, head: '0' };
  },
  warnings: () =>
    Promise.resolve([
      ...standing,
      ...(reactor.paused ? [PAUSED] : []),
      ...reactor.failures.map(({ kind, code }) => `not done, and tried again: ${kind} (${code})`),
    ]),
});
