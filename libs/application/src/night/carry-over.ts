import type { BehavioursCountedOnly, NightCopy } from '@lacuna/domain/behaviour';
import { hasCode, streamId } from '@lacuna/domain/kernel';
import { nightOf } from '@lacuna/domain/policy';
import type { ClosedNight, NightHold } from '@lacuna/custody';
import { recordingDay, unnamedMetadata } from '../execute/unnamed-metadata.js';
import { toStored } from '../execute/write.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';

/** As many copies as one sealed value holds with room to spare. */
const COPIES_PER_EVENT = 100;

const appendOnce = async (
  ports: Ports,
  tenant: string,
  hold: NightHold,
  { id, copies }: Readonly<{ id: string; copies: readonly NightCopy[] }>,
): Promise<void> => {
  const event: BehavioursCountedOnly<string> = {
    type: 'BehavioursCountedOnly',
    data: { night: hold.night, copies: JSON.stringify(copies) },
  };
  const metadata = unnamedMetadata(ports, tenant, recordingDay(ports, tenant));
  const seal = (_category: string, field: string, eventId: string, text: string) =>
    hold.seal(field, eventId, text);
  try {
    await ports.store.append({
      stream: streamId(tenant, 'night', hold.night),
      expected: 'any',
      events: [toStored(event, id, metadata, { seal })],
      now: metadata.occurredAt,
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
    for (let start = 0; start < carried.length; start += COPIES_PER_EVENT)
      await appendOnce(ports, tenant, hold, {
        id: night.id(`carried:${String(start)}`),
        copies: carried.slice(start, start + COPIES_PER_EVENT),
      });
  } finally {
    hold.release();
  }
};
