export * from './activity.events.js';
export * from './sign-up.body.js';
