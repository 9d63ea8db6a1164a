import type { ErrorCode } from '../errors/error-table.js';

/** One bad field of a message, in the proto's words, and the rule it breaks. */
export type FieldViolation = Readonly<{ field: string; rule: string }>;

/** An error of the transport itself. */
export class CallError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string = code,
    readonly violations: readonly FieldViolation[] = [],
  ) {
    super(message);
    this.name = 'CallError';
  }
}
