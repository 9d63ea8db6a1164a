export * from './caller.js';
export * from './member/member.commands.js';
export * from './imports/import.commands.js';
export * from './reading/read-recorder.port.js';
