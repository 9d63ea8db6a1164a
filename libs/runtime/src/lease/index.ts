export { isLeaseLost, LeaseError } from './lease-error.js';
export { giveLease, holdLease, takeLease, type Lease } from './lease.js';
export { LEASE_MS, underLease, type HeldLease, type UnderLease } from './under-lease.js';
