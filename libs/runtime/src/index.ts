export * from './clock/clock.js';
export * from './clock/clock.migration.js';
export * from './clock/clock.store.js';
export * from './schema/migrate.js';
export * from './schema/schema-part.js';
