import type { Instant } from '@lacuna/domain/kernel';
import { dueOf, retentionEnd, type PolicyPack } from '@lacuna/domain/policy';
import type { Ports } from '../ports.js';
import type { DeadlineKind, DeadlineView, OpenDeadline } from './deadlines.port.js';

export const deadlineKinds: readonly DeadlineKind[] = [
  'correction',
  'identity-retention',
  'activity-end',
  'activity-retention',
];

/** `dueAt`: the last moment in time, or the midnight of a retention; `firesAt`: when something happens by itself. */
export type DueDeadline = OpenDeadline & Readonly<{ tenant: string; dueAt: Instant; firesAt: Instant }>;

/** When the pack of now says that a deadline falls due; null: its category is kept as long as the membership. */
export const dueTimes = (
  pack: PolicyPack,
  { kind, rule, anchor }: Pick<OpenDeadline, 'kind' | 'rule' | 'anchor'>,
): Pick<DueDeadline, 'dueAt' | 'firesAt'> | null => {
  if (kind === 'correction') return dueOf(pack, rule, anchor);
  // What was planned is its own due time: no rule of the pack moves it.
  if (kind === 'activity-end') return { dueAt: anchor, firesAt: anchor };
  const end = retentionEnd(pack, rule, anchor);
  return end === null ? null : { dueAt: end, firesAt: end };
};

const withDue = (pack: PolicyPack, tenant: string, deadline: OpenDeadline): DueDeadline | null => {
  const times = dueTimes(pack, deadline);
  return times === null ? null : { ...deadline, tenant, ...times };
};

const PAGE = 500;

type Series = Readonly<{ tenant: string; pack: PolicyPack; kind: DeadlineKind }>;

const seriesOf = ({ packs }: Ports): readonly Series[] =>
  [...packs].flatMap(([tenant, pack]) => deadlineKinds.map((kind) => ({ tenant, pack, kind })));

const openOf = async (
  view: DeadlineView,
  { tenant, pack, kind }: Series,
  limit: number,
): Promise<readonly DueDeadline[]> => {
  const open = await view.open(tenant, kind, limit);
  return open.flatMap((deadline) => withDue(pack, tenant, deadline) ?? []);
};

const byTime = (one: DueDeadline, other: DueDeadline): number => (one.firesAt < other.firesAt ? -1 : 1);

/** A page of a series, where its first one is due: as a rule none is, and one row says so. */
const dueOfSeries = async (
  view: DeadlineView,
  series: Series,
  now: Instant,
): Promise<readonly DueDeadline[]> => {
  const [first] = await openOf(view, series, 1);
  if (first === undefined || first.firesAt > now) return [];
  return (await openOf(view, series, PAGE)).filter(({ firesAt }) => firesAt <= now);
};

/** What is due at an instant, a page of each kind, in the order of time. */
export const dueDeadlines = async (
  ports: Ports,
  view: DeadlineView,
  now: Instant,
): Promise<readonly DueDeadline[]> => {
  const due = await Promise.all(seriesOf(ports).map((series) => dueOfSeries(view, series, now)));
  return due.flat().sort(byTime);
};

/** The next one of a series; one that is due already and could not be done does not hide it. */
const nextOf = async (view: DeadlineView, series: Series, after: Instant): Promise<Instant | null> => {
  const [first] = await openOf(view, series, 1);
  if (first === undefined || first.firesAt > after) return first?.firesAt ?? null;
  const open = await openOf(view, series, PAGE);
  return open.find(({ firesAt }) => firesAt > after)?.firesAt ?? null;
};

/** The next instant at which a deadline fires; null: none is open. */
export const nextDeadline = async (
  ports: Ports,
  view: DeadlineView,
  after: Instant,
): Promise<Instant | null> => {
  const next = await Promise.all(seriesOf(ports).map((series) => nextOf(view, series, after)));
  return next.reduce((first, one) => (first === null || (one !== null && one < first) ? one : first), null);
};
