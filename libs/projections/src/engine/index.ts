export * from './operation.js';
export * from './projection.js';
export * from './table.js';
export * from './view-batch.js';
export * from './working-set.js';
