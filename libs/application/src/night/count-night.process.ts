import { nightCounter } from '@lacuna/domain/statistics';
import { nightCategory } from '@lacuna/domain/behaviour';
import type { ClosedNight } from '@lacuna/custody';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { lastNightOf } from '../upkeep/night.js';
import { appendCounts } from './append-counts.js';
import { carryOver } from './carry-over.js';
import { readCopies } from './read-copies.js';

/** The nights whose run has come and that are not counted yet, the oldest first. From now on nobody records into them. */
export const nightsToCount = (ports: Ports, tenant: string): Promise<readonly ClosedNight[]> =>
  ports.custody.closeNights(tenant, lastNightOf(packOf(ports, tenant), ports.clock.now()));

/**
 * Counts one night: what covers at least k people is written down, the rest is carried into the night that is open,
 * and the key goes (R046, R050). In this order, and each step once by its ids: a crash between any two loses nothing
 * and counts nothing twice, since the night is there to be counted until its key is destroyed.
 */
export const countNight = async (ports: Ports, tenant: string, night: ClosedNight): Promise<void> => {
  const { custody, store, clock } = ports;
  const counter = nightCounter(packOf(ports, tenant).statistics.k);
  for await (const copies of readCopies(store, tenant, night)) for (const copy of copies) counter.add(copy);
  const { cells, carried, rows } = counter.count();
  const counted = {
    night: night.night,
    rows,
    cells: cells.length,
    remainder: carried.length > 0,
  };
  await appendCounts(ports, tenant, night, { cells, counted });
  await carryOver(ports, tenant, night, carried);
  await custody.destroyScopes({ tenant, category: nightCategory, scopes: [night.night], now: clock.now() });
};
