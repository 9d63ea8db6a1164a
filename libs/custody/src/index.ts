export * from './custody.port.js';
