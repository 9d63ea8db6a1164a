export * from './identity.decider.js';
export * from './identity.events.js';
