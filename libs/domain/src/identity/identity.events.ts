import type { ClaimAbandoned } from '../claim/index.js';
import {
  declareEvent,
  instant,
  personal,
  uuid,
  type DomainEvent,
  type Instant,
  type Sealed,
} from '../kernel/index.js';

/** The category of a real-name identity: law keeps it on its own, after the member is gone (R078). */
export const identityCategory = 'real-name';

/** A record of its own that names no member: its id is derived under the member's key and the link dies with that key. */
export type RealNameVerified<V> = DomainEvent<
  'RealNameVerified',
  { identityId: string; name: V; idNumber: V }
>;

export type IdentityErased = DomainEvent<'IdentityErased', { identityId: string; destroyedAt: Instant }>;

/** Everything that can stand in an identity's stream. `V`: plain when decided, sealed when stored. */
export type IdentityEvent<V> = RealNameVerified<V> | IdentityErased | ClaimAbandoned;

export const identityDeclarations = [
  declareEvent<RealNameVerified<Sealed>>('RealNameVerified', 1, {
    subject: 'identityId',
    fields: { identityId: uuid, name: personal(identityCategory), idNumber: personal(identityCategory) },
  }),
  declareEvent<IdentityErased>('IdentityErased', 1, {
    subject: 'identityId',
    fields: { identityId: uuid, destroyedAt: instant },
  }),
];
