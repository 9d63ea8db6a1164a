export * from './behaviour.body.js';
export * from './behaviour.events.js';
