export * from './closed-day.js';
export * from './integration-event.js';
export * from './integration-event-of.js';
export * from './integration-types.js';
export * from './publications.js';
