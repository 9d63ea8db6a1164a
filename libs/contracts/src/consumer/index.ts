export * from './consume-events.js';
export * from './inbox.js';
export * from './postgres-inbox.js';
