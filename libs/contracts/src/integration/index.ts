export * from './envelope.js';
export * from './kafka-binding.js';
export * from './topics.js';
