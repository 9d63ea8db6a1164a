export * from './auth-error.js';
export * from './caller-identity.decorator.js';
export * from './call-authentication.js';
export * from './demo-issuer.js';
export * from './identity.js';
export * from './key-set.js';
export * from './token-verifier.js';
