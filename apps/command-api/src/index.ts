export * from './command-api.module.js';
