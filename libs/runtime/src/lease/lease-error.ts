/** `LEASE_LOST`: somebody else holds it now, or it could not be kept. Whoever gets it writes nothing more under it. */
export class LeaseError extends Error {
  readonly code = 'LEASE_LOST';

  constructor(message = 'another holder acts under this name', options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LeaseError';
  }
}

export const isLeaseLost = (error: unknown): error is LeaseError => error instanceof LeaseError;
