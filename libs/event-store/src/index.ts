export * from './event-store.port.js';
export * from './event-store-limits.js';
export { EVENT_STORE, EventStoreModule, type EventStoreModuleOptions } from './event-store.module.js';
export type { EventStoreDbStoreOptions } from './eventstoredb/eventstoredb-options.js';
export { openEventStoreDbStore } from './eventstoredb/open-eventstoredb-store.js';
export {
  adoptLog,
  assertSameLog,
  logNameOf,
  readLogIdentity,
  type LogIdentity,
} from './identity/log-identity.js';
export { createMemoryEventStore } from './memory/memory-event-store.js';
export { observeAppends } from './observed/observed-event-store.js';
export { eventLogSchema } from './postgres/event-log-schema.js';
export { createPostgresEventStore, type PostgresEventStoreOptions } from './postgres/postgres-event-store.js';
export { copyLog, type CopyOptions, type CopyReport } from './transfer/copy-log.js';
export { openLogEnd } from './transfer/log-end.js';
export type { LogEnd, LogLoader } from './transfer/log-loader.js';
export { proofOf, type LogProof } from './transfer/log-proof.js';
