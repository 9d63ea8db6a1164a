export * from './last-resort.js';
export * from './logger.js';
export * from './safe-error.js';
