export * from './event-store.port.js';
export * from './event-store-limits.js';
export { EVENT_STORE, EventStoreModule, type EventStoreModuleOptions } from './event-store.module.js';
export type { EventStoreDbStoreOptions } from './eventstoredb/eventstoredb-options.js';
export { openEventStoreDbStore } from './eventstoredb/open-eventstoredb-store.js';
export { createMemoryEventStore } from './memory/memory-event-store.js';
export { observeAppends } from './observed/observed-event-store.js';
export { eventLogSchema } from './postgres/event-log-schema.js';
export { createPostgresEventStore, type PostgresEventStoreOptions } from './postgres/postgres-event-store.js';
