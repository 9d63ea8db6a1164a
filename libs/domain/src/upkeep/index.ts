export * from './upkeep.events.js';
