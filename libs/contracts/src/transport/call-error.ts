import type { ErrorCode } from '../errors/error-table.js';

/** An error of the transport itself. */
export class CallError extends Error {
  constructor(
    readonly code: ErrorCode,
    options?: { cause?: unknown },
  ) {
    super(code, options);
    this.name = 'CallError';
  }
}
