export { queryApi, QueryServerModule } from './query-api.app.js';
export { SUBSCRIPTION_RULES, type SubscriptionRules } from './integration/subscriptions.js';
export * from './query-api.module.js';
export * from './query-api.ports.js';
