export { commandApi } from './command-api.app.js';
export * from './command-api.module.js';
