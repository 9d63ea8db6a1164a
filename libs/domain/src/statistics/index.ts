export * from './statistics.events.js';
