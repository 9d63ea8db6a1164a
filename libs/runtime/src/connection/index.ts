export * from './connection-files.js';
export * from './private-file.js';
export * from './demo-issuer-files.js';
