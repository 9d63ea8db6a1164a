export * from './admin/clock-control.port.js';
export * from './command-api.module.js';
export * from './command-api.ports.js';
