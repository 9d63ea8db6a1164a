export * from './custody.module.js';
export * from './custody.port.js';
export { contestedClaim } from './claims/claim-errors.js';
export { createFileKms, type FileKmsOptions } from './kms/file-kms.js';
export * from './kms/kms.port.js';
export { createCustody, type CustodyOptions, type CustodyService } from './postgres/custody.js';
export { custodySchema } from './schema/custody.schema.js';
