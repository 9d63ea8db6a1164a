import type { EventStore } from '@lacuna/event-store';
import { processors, standstillCheck, type HealthCheck } from '@lacuna/runtime';
import type { Pool } from 'pg';
import { RELAY, relayPosition } from './relay/index.js';

/** `holder`: how this process is named where it holds a lease. */
type Watched = Readonly<{ holder: string; pool: Pool; store: Pick<EventStore, 'head'> }>;

/**
 * Whether it publishes on while events arrive. Judged by the checkpoint, which stands still however often the relay
 * begins again; and of everybody who had it in hand since it last moved, because of two that cannot publish each gives
 * it to the other. A standby serves.
 */
export const relayHealth = ({ holder, pool, store }: Watched, isHolding: () => boolean): HealthCheck => {
  let stoodAt: bigint | null = null;
  return standstillCheck({
    position: async () => {
      const [all, position] = await Promise.all([processors(pool), relayPosition(pool)]);
      const relay = all.find(({ name }) => name === RELAY);
      const isOurs = isHolding() || (relay?.holder === holder && relay.state !== 'stopped');
      if (!isOurs && stoodAt !== position) return null;
      stoodAt = position;
      return position;
    },
    head: () => store.head(),
  });
};
