export * from './member-fields.js';
export * from './member-field-rules.js';
export * from './member.commands.js';
export * from './member.decider.js';
export * from './member.events.js';
export * from './member.state.js';
