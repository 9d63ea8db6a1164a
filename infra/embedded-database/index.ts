export { startEmbeddedDatabase, type EmbeddedDatabase, type EmbeddedOptions } from './embedded-database.js';
