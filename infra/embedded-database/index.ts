export { startEmbeddedDatabase, type EmbeddedDatabase, type EmbeddedOptions } from './embedded-database.js';
export type { Keeping } from './kept-server.js';
