import { hasCode, type Instant } from '@lacuna/domain/kernel';
import { nightOf, type PolicyPack } from '@lacuna/domain/policy';
import type { NightHold } from '@lacuna/custody';
import { MovedOn } from '../execute/attempts.js';
import type { Ports } from '../ports.js';

/**
 * Keeps the night open that counts what is recorded now. While it is held no nightly run reads the night or ends a day,
 * so what `now` says of a day's window holds until the release. Closed already: the clock is asked again.
 */
export const holdNight = async (
  { custody, store }: Ports,
  pack: PolicyPack,
  tenant: string,
  now: Instant,
): Promise<NightHold> => {
  try {
    return await custody.holdNight(tenant, nightOf(pack, now), () => store.head());
  } catch (error) {
    if (hasCode(error, 'NIGHT_CLOSED')) throw new MovedOn(error.code);
    throw error;
  }
};
