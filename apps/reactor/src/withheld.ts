import { behaviourCategory } from '@lacuna/domain/behaviour';
import { isOfClosedDay, type IntegrationEvent } from '@lacuna/domain/integration';
import type { Instant, LocalDate } from '@lacuna/domain/kernel';
import { lastClosedDay, type PolicyPack } from '@lacuna/domain/policy';

type Known = Readonly<{ clock: Readonly<{ now(): Instant }>; packs: ReadonlyMap<string, PolicyPack> }>;

/** What a relay keeps back: references to days that are unlinkable by now, as in a log that is published late. */
export const withheldBy = ({ clock, packs }: Known): ((event: IntegrationEvent) => boolean) => {
  const known = new Map<string, Readonly<{ minute: string; day: LocalDate }>>();
  const closed = (tenant: string): LocalDate | null => {
    const pack = packs.get(tenant);
    if (pack === undefined) return null;
    const now = clock.now();
    const minute = now.slice(0, 'yyyy-mm-ddThh:mm'.length);
    const last = known.get(tenant);
    if (last?.minute === minute) return last.day;
    const day = lastClosedDay(pack, behaviourCategory, now);
    known.set(tenant, { minute, day });
    return day;
  };
  return (event) => isOfClosedDay(event, () => closed(event.tenant));
};
