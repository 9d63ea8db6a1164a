import type { NightCopy } from '@lacuna/domain/behaviour';
import { hasCode } from '@lacuna/domain/kernel';
import { nightOf } from '@lacuna/domain/policy';
import type { ClosedNight, NightHold } from '@lacuna/custody';
import { inLists } from '../behaviour/count-only.js';
import { coarseFrame, nightStream, toCountedOnly } from '../behaviour/stored-behaviour.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';

type Carried = Readonly<{ id: string; copies: readonly NightCopy[] }>;

const appendOnce = async (
  { store, clock, ...ports }: Ports,
  tenant: string,
  hold: NightHold,
  { id, copies }: Carried,
): Promise<void> => {
  const frame = coarseFrame(packOf(ports, tenant), tenant, clock.now());
  try {
    await store.append({
      stream: nightStream(tenant, hold.night),
      expected: 'any',
      events: [toCountedOnly(id, copies, frame, hold)],
      now: frame.at,
    });
  } catch (error) {
    // It stands in the stream of an earlier night: a crash came after it, and the clock has gone on since.
    if (!hasCode(error, 'EVENT_ID_REUSED')) throw error;
  }
};

/**
 * Carries what covers too few people into the night that is open now, under ids that only the counted night's key
 * gives: done again after a crash, in whatever night, it changes nothing.
 */
export const carryOver = async (
  ports: Ports,
  tenant: string,
  night: ClosedNight,
  carried: readonly NightCopy[],
): Promise<void> => {
  if (carried.length === 0) return;
  const { custody, store, clock } = ports;
  const into = nightOf(packOf(ports, tenant), clock.now());
  const hold = await custody.holdNight(tenant, into, () => store.head());
  try {
    for (const [index, copies] of inLists(carried).entries())
      await appendOnce(ports, tenant, hold, { id: night.id(`carried:${String(index)}`), copies });
  } finally {
    hold.release();
  }
};
