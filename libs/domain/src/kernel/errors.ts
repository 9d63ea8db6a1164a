/** One bad field and the rule it breaks. Never the value. */
export type Violation = Readonly<{ field: string; rule: string }>;

/** Why something was refused: a stable code, and the fields it is about. Plain data, so that a decider can return it. */
export type Refusal = Readonly<{ code: string; violations: readonly Violation[] }>;

/**
 * The one error type that crosses library borders. `code` is stable and public (the transport maps it);
 * `message` is for people and never holds a personal value; `cause` is for the log, never shown.
 */
export class LacunaError extends Error {
  constructor(
    readonly code: string,
    message: string = code,
    readonly violations: readonly Violation[] = [],
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'LacunaError';
  }
}

export const hasCode = (error: unknown, ...codes: readonly string[]): error is LacunaError =>
  error instanceof LacunaError && codes.includes(error.code);
