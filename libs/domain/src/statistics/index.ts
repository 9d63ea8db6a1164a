export * from './count-night.js';
export * from './statistics.events.js';
