export * from './event-store.port.js';
export * from './event-store-limits.js';
export { createMemoryEventStore } from './memory/memory-event-store.js';
