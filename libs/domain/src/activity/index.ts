export * from './activity.events.js';
