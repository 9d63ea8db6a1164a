export * from './connection-files.js';
export * from './private-file.js';
