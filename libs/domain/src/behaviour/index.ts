export * from './behaviour.body.js';
export * from './behaviour.decider.js';
export * from './behaviour.details.js';
export * from './behaviour.entries.js';
export * from './behaviour.events.js';
export * from './occurred.js';
