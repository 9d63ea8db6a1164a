export * from './cursor-key.store.js';
