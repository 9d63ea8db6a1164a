import { dueTimes } from '@lacuna/application';
import type { PolicyPack } from '@lacuna/domain/policy';
import { DEADLINE_KINDS, type StoreClock } from '@lacuna/runtime';
import type { Pool } from 'pg';

type Sources = Readonly<{ pool: Pool; clock: StoreClock; packs: ReadonlyMap<string, PolicyPack> }>;
type Kind = (typeof DEADLINE_KINDS)[number];

export type DeadlineFigure = Readonly<{ kind: Kind; open: number; overdue: number }>;

const COUNTS = `
  SELECT kind, count(*) FILTER (WHERE state = 'open')::int AS open,
    count(*) FILTER (WHERE state = 'missed')::int AS missed
  FROM views.deadline WHERE state IN ('open', 'missed') GROUP BY kind`;

/** The earliest begun are the first to fall due: of a kind with thousands that is all that one scrape looks at. */
const OLDEST = `
  SELECT d.kind, d.tenant, d.rule, d.anchor
  FROM (SELECT DISTINCT tenant, kind FROM views.deadline WHERE state = 'open') s
  CROSS JOIN LATERAL (
    SELECT kind, tenant, rule, anchor FROM views.deadline
    WHERE tenant = s.tenant AND kind = s.kind AND state = 'open' ORDER BY anchor LIMIT 500) d`;

type Oldest = Readonly<{ kind: Kind; tenant: string; rule: string; anchor: string }>;

/** What falls due is done within moments; what still stands after so long was not. */
const MOMENTS_MS = 120_000;

const isOverdue = (sources: Sources, deadline: Oldest): boolean => {
  const pack = sources.packs.get(deadline.tenant);
  const due = pack === undefined ? null : dueTimes(pack, deadline);
  return due !== null && Date.parse(due.firesAt) + MOMENTS_MS < Date.parse(sources.clock.now());
};

/** How many deadlines stand, by kind, and how many of them should not: they have passed, by the pack of now. */
export const overdueDeadlines = async (sources: Sources): Promise<readonly DeadlineFigure[]> => {
  const { pool } = sources;
  const { rows } = await pool.query<Readonly<{ kind: string; open: number; missed: number }>>(COUNTS);
  const { rows: oldest } = await pool.query<Oldest>(OLDEST);
  const passed = oldest.filter((one) => isOverdue(sources, one));
  return DEADLINE_KINDS.map((kind) => {
    const counted = rows.find((row) => row.kind === kind);
    const late = passed.filter((one) => one.kind === kind).length;
    return { kind, open: counted?.open ?? 0, overdue: (counted?.missed ?? 0) + late };
  });
};
