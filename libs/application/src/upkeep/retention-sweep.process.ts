import { catalogue, categoriesOf } from '@lacuna/domain/catalogue';
import { nightCategory } from '@lacuna/domain/behaviour';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import { localDate, type PolicyPack } from '@lacuna/domain/policy';
import type { RetentionEvent, SweepItem } from '@lacuna/domain/retention';
import type { KeysRotated } from '@lacuna/domain/upkeep';
import type { DestroyedScope } from '@lacuna/custody';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { calendarCategories, lastClosedScope, type CalendarCategory } from './closed-scopes.js';
import { hadNight, lastNightOf } from './night.js';
import { firstCovering } from './nightly-run.process.js';
import { appendOnce, lastSweep, type Sweep } from './retention-log.js';
import { rotationsSince } from './upkeep-log.js';

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

/** R023, R044: what nobody has given an end must not be kept in silence. The night's own keys go with the night. */
export const assertRetentionKnown = (pack: PolicyPack): void => {
  const known = new Set([nightCategory, ...pack.categories.keys()]);
  const missing = new Set(catalogue.entries.flatMap(categoriesOf).filter((category) => !known.has(category)));
  if (missing.size > 0)
    throw new LacunaError('RETENTION_UNKNOWN', `${pack.id} says nothing about ${[...missing].join(', ')}`);
};

/** Destroys the keys of all scopes whose time has come; custody mints none of them again. */
export const destroyDueScopes = async (ports: Ports, { tenant, begunAt }: Sweep): Promise<void> => {
  const pack = packOf(ports, tenant);
  for (const one of calendarCategories(pack))
    await ports.custody.destroyScopes({
      tenant,
      category: one.category,
      scopes: { through: lastClosedScope(pack, one, begunAt) },
      now: begunAt,
    });
};

type Ended = DestroyedScope & Readonly<{ cite: string; unrecoverableAt: Instant }>;

const eventOf = ({ category, kind }: CalendarCategory, { scope, ...ended }: Ended): RetentionEvent =>
  kind === 'day'
    ? { type: 'BehaviourDayAnonymised', data: { category, day: scope, ...ended } }
    : { type: 'ReadRecordEnded', data: { month: scope, ...ended } };

/** Says of each scope that it has ended, once no key is left that could bring it back; what no rotation covers waits. */
const recordEnded = async (
  ports: Ports,
  sweep: DueSweep,
  one: CalendarCategory,
  rotations: readonly KeysRotated['data'][],
): Promise<SweepItem> => {
  const { tenant, since, begunAt } = sweep;
  const { category } = one;
  const pack = packOf(ports, tenant);
  const cite = pack.categories.get(category)?.cite ?? '';
  const destroyed = await ports.custody.destroyedScopes(tenant, category, since);
  const before = sweep.ended[category] ?? '';
  let ended = 0;
  for (const { scope, destroyedAt } of destroyed) {
    const unrecoverableAt = firstCovering(rotations, 'scope', destroyedAt);
    if (unrecoverableAt === null) continue;
    await appendOnce(ports, sweep, eventOf(one, { scope, destroyedAt, cite, unrecoverableAt }));
    if (scope > before) ended += 1;
  }
  return { category, cite, through: lastClosedScope(pack, one, begunAt), ended };
};

/**
 * After the rotation: what has ended is written down, and that the sweep took place, also where nothing was due (R041,
 * R044). Which scopes lack their event is asked of custody's tombstones, so that a crash between destroying, rotating
 * and writing loses none; each event has the id of its fact, so that none is there twice.
 */
export const recordSweep = async (ports: Ports, sweep: DueSweep): Promise<void> => {
  const pack = packOf(ports, sweep.tenant);
  const calendar = calendarCategories(pack);
  const rotations = await rotationsSince(ports.store, sweep.since);
  const items: SweepItem[] = [];
  for (const [category, { cite }] of pack.categories) {
    const one = calendar.find((known) => known.category === category);
    items.push(
      one === undefined
        ? { category, cite, through: null, ended: 0 }
        : await recordEnded(ports, sweep, one, rotations),
    );
  }
  await appendOnce(ports, sweep, { type: 'RetentionSwept', data: { date: sweep.date, items } });
};
