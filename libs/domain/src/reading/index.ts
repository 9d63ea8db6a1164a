export * from './reading.events.js';
