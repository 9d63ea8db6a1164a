export { isLeaseLost, LeaseError } from './lease-error.js';
export { leaseSessions } from './lease-session.js';
export { fenceAll, giveLease, holdLease, seizeLease, takeLease, type Lease } from './lease.js';
export { LEASE_MS, troubleCode, underLease, type HeldLease, type UnderLease } from './under-lease.js';
