export * from './clock/clock.js';
export * from './schema/migrate.js';
export * from './schema/schema-part.js';
