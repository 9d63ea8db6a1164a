export * from './decider.js';
export * from './errors.js';
export * from './event.js';
export * from './event-declaration.js';
export * from './json-schema.js';
export * from './metadata.js';
export * from './stream-id.js';
