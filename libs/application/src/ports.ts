import type { PolicyPack } from '@lacuna/domain/policy';
import type { Custody } from '@lacuna/custody';
import type { EventStore } from '@lacuna/event-store';
import type { Clock } from '@lacuna/runtime';
import type { ClaimConfirmations } from './claims/claim-confirmations.js';

/** Everything a command needs of the outside. */
export type Ports = Readonly<{
  store: EventStore;
  custody: Custody;
  clock: Clock;
  packs: ReadonlyMap<string, PolicyPack>;
  confirmations: ClaimConfirmations;
}>;
