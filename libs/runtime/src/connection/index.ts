export * from './database-file.js';
export * from './demo-issuer-files.js';
export * from './private-file.js';
export * from './server-files.js';
