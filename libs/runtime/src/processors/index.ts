export * from './processors.store.js';
