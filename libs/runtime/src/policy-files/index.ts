export * from './pack-file.js';
