export * from './calendar-date.js';
export * from './field-rule.js';
export * from './id-number-rule.js';
export * from './text-rules.js';
export * from './vehicle-rules.js';
