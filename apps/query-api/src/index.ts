export { queryApi, QueryServerModule } from './query-api.app.js';
export * from './query-api.module.js';
export * from './query-api.ports.js';
