/** `TOKEN_MISSING`, `TOKEN_INVALID`: who calls is not known. `KEYS_UNAVAILABLE`: it cannot be found out now; nobody is let in. */
export type AuthErrorCode = 'TOKEN_MISSING' | 'TOKEN_INVALID' | 'KEYS_UNAVAILABLE';

/** Says that a token was refused, never why and never a part of it: the why would help only a forger. */
export class AuthError extends Error {
  constructor(
    readonly code: AuthErrorCode,
    options?: { cause?: unknown },
  ) {
    super(code, options);
    this.name = 'AuthError';
  }
}
