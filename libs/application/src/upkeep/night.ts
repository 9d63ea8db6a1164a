import type { Instant, LocalDate } from '@lacuna/domain/kernel';
import { nextNightlyRun, nightOf, type PolicyPack } from '@lacuna/domain/policy';
import { Temporal } from 'temporal-polyfill';

type Packs = ReadonlyMap<string, PolicyPack>;

const earliest = (instants: readonly Instant[]): Instant | null =>
  instants.reduce<Instant | null>((first, one) => (first === null || one < first ? one : first), null);

/** The first nightly run of any organisation after an instant; keys rotate for all of them together. */
export const nextNight = (packs: Packs, after: Instant): Instant | null =>
  earliest([...packs.values()].map((pack) => nextNightlyRun(pack, after)));

/** How many nightly runs fall after one instant and up to another; counts no further than asked. */
export const nightsBetween = (packs: Packs, after: Instant, upTo: Instant, atMost: number): number => {
  let nights = 0;
  let at = nextNight(packs, after);
  while (at !== null && at <= upTo && nights < atMost) {
    nights += 1;
    at = nextNight(packs, at);
  }
  return nights;
};

/** The nightly run of an organisation that came last: its date. What was recorded before it is of this night or older. */
export const lastNightOf = (pack: PolicyPack, now: Instant): LocalDate =>
  Temporal.PlainDate.from(nightOf(pack, now)).subtract({ days: 1 }).toString();

/** Whether an organisation has had a nightly run since the store was born. */
export const hadNight = (pack: PolicyPack, bornAt: Instant, now: Instant): boolean =>
  nextNightlyRun(pack, bornAt) <= now;
