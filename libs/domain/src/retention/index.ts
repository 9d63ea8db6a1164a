export * from './retention.events.js';
