export * from './member-fields.js';
export * from './member.events.js';
