import { categoryScopes, keptCategories } from '@lacuna/domain/catalogue';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import { localDate, retentionGaps, type PolicyPack } from '@lacuna/domain/policy';
import type { RetentionEvent, SweepItem } from '@lacuna/domain/retention';
import type { KeysRotated } from '@lacuna/domain/upkeep';
import type { DestroyedScope } from '@lacuna/custody';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { calendarCategories, lastClosedScope, type CalendarCategory } from './closed-scopes.js';
import { hadNight, lastNightOf } from './night.js';
import { firstCovering } from './nightly-run.process.js';
import { appendOnce, lastSweep, type Sweep } from './retention-log.js';

/** A sweep that is due. `since`: nothing that was destroyed before can lack its event. */
export type DueSweep = Sweep & Readonly<{ since: Instant; ended: Readonly<Record<string, string | null>> }>;

/** The sweep of a tenant's last nightly run, where it is not in the log yet; several nights that were missed are one. */
export const dueSweep = async (
  { store, clock, packs }: Ports,
  tenant: string,
  bornAt: Instant,
): Promise<DueSweep | null> => {
  const pack = packOf({ packs }, tenant);
  const begunAt = clock.now();
  if (!hadNight(pack, bornAt, begunAt)) return null;
  const date = lastNightOf(pack, begunAt);
  const back = localDate(bornAt, pack.zone);
  const last = await lastSweep(store, tenant, { from: localDate(begunAt, pack.zone), back });
  if (last !== null && last.data.date >= date) return null;
  const ended = Object.fromEntries(last?.data.items.map((item) => [item.category, item.through]) ?? []);
  return { tenant, date, begunAt, since: last?.begunAt ?? bornAt, ended };
};

/** R023, R044: what nobody has given an end must not be kept in silence. */
export const assertRetentionKnown = (pack: PolicyPack): void => {
  const gaps = retentionGaps(pack, keptCategories, categoryScopes);
  if (gaps.length > 0) throw new LacunaError('RETENTION_UNKNOWN', `${pack.id} cannot end ${gaps.join(', ')}`);
};

/** What a sweep is to end of one category: the scopes after the one that an earlier sweep came to, up to `through`. */
type Span = CalendarCategory & Readonly<{ after: string; through: string }>;

/** Nothing is made up to a scope that was swept: where the calendar has not gone past it, nothing can be due. */
const spansOf = (pack: PolicyPack, { ended, begunAt }: DueSweep): readonly Span[] =>
  calendarCategories(pack)
    .map((one) => ({
      ...one,
      after: ended[one.category] ?? '',
      through: lastClosedScope(pack, one, begunAt),
    }))
    .filter(({ after, through }) => through > after);

/** Destroys the keys of all scopes whose time has come; custody mints none of them again. */
export const destroyDueScopes = async (ports: Ports, sweep: DueSweep): Promise<void> => {
  const { tenant, begunAt } = sweep;
  for (const { category, through } of spansOf(packOf(ports, tenant), sweep))
    await ports.custody.destroyScopes({ tenant, category, scopes: { through }, now: begunAt });
};

type Ended = DestroyedScope & Readonly<{ cite: string; unrecoverableAt: Instant }>;

const eventOf = ({ category, kind }: CalendarCategory, { scope, ...ended }: Ended): RetentionEvent =>
  kind === 'day'
    ? { type: 'BehaviourDayAnonymised', data: { category, day: scope, ...ended } }
    : { type: 'ReadRecordEnded', data: { month: scope, ...ended } };

type Rotations = readonly KeysRotated['data'][];

const rotatedAt = (rotations: Rotations, destroyedAt: Instant): Instant => {
  const at = firstCovering(rotations, 'scope', destroyedAt);
  if (at === null) throw new LacunaError('ROTATION_MISSING', 'no rotation covers what was destroyed');
  return at;
};

/** Says of each scope that it has ended, once no key is left that could bring it back. Answers how many there were. */
const recordEnded = async (
  ports: Ports,
  sweep: DueSweep,
  span: Span,
  rotations: Rotations,
): Promise<number> => {
  const { tenant, since } = sweep;
  const cite = citeOf(packOf(ports, tenant), span.category);
  const destroyed = await ports.custody.destroyedScopes(tenant, span.category, since);
  const due = destroyed.filter(({ scope }) => scope > span.after && scope <= span.through);
  for (const { scope, destroyedAt } of due) {
    const unrecoverableAt = rotatedAt(rotations, destroyedAt);
    await appendOnce(ports, sweep, eventOf(span, { scope, destroyedAt, cite, unrecoverableAt }));
  }
  return due.length;
};

const citeOf = (pack: PolicyPack, category: string): string => pack.categories.get(category)?.cite ?? '';

/** How far each category has ended by the calendar: as far as now, or as an earlier sweep came. */
const throughOf = (pack: PolicyPack, { ended, begunAt }: DueSweep, category: string): string | null => {
  const one = calendarCategories(pack).find((known) => known.category === category);
  if (one === undefined) return null;
  const [through, before] = [lastClosedScope(pack, one, begunAt), ended[category] ?? ''];
  return through > before ? through : before;
};

/**
 * After the rotation: what has ended is written down, and that the sweep took place, also where nothing was due (R041,
 * R044). Which scopes lack their event is asked of custody's tombstones, so that a crash between destroying, rotating
 * and writing loses none; each event has the id of its fact, so that none is there twice.
 */
export const recordSweep = async (ports: Ports, sweep: DueSweep, rotations: Rotations): Promise<void> => {
  const pack = packOf(ports, sweep.tenant);
  const ended = new Map<string, number>();
  for (const span of spansOf(pack, sweep))
    ended.set(span.category, await recordEnded(ports, sweep, span, rotations));
  const items = [...pack.categories].map(([category, { cite }]): SweepItem => ({
    category,
    cite,
    through: throughOf(pack, sweep, category),
    ended: ended.get(category) ?? 0,
  }));
  await appendOnce(ports, sweep, { type: 'RetentionSwept', data: { date: sweep.date, items } });
};
