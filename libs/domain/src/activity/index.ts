export * from './activity.commands.js';
export * from './activity.decider.js';
export * from './activity.events.js';
export * from './activity.state.js';
export * from './sign-up.body.js';
