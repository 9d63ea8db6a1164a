export * from './catalogue.js';
export * from './check-catalogue.js';
export * from './kept-categories.js';
export * from './registry.js';
export * from './sealing.js';
