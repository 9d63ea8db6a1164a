export * from './imports.events.js';
