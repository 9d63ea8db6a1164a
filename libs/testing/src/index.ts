export * from './builders/identity-builders.js';
export * from './builders/member-builders.js';
export * from './builders/message-builder.js';
export * from './decider/decider-spec.js';
export * from './fresh-database.js';
export * from './policy-packs.js';
export * from './projection-spec.js';
