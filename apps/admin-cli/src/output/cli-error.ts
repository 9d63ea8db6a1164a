import { status } from '@grpc/grpc-js';
import type { RefusedCall } from '@lacuna/contracts';

/** 0 good, 1 a finding (something is not as it should be, or was refused), 2 wrong usage or nobody there. */
export type ExitCode = 0 | 1 | 2;

/** Ends a command: what to say, and the exit code. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly details: Readonly<{
      reason?: string | null;
      violations?: RefusedCall['violations'];
      errorId?: string | null;
    }> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'CliError';
  }
}

const NOBODY_THERE: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNAUTHENTICATED,
  status.INVALID_ARGUMENT,
  status.UNIMPLEMENTED,
]);

/** A refused call as the end of a command: a refusal by rule is a finding, an outage or a wrong request is not. */
export const refusedCall = (refused: RefusedCall, place?: string): CliError => {
  const { reason, violations, errorId, grpcCode } = refused;
  const at = place === undefined ? '' : `${place}: `;
  const fields = violations.map(({ field, rule }) => `${field} (${rule})`).join(', ');
  const said = [reason ?? status[grpcCode] ?? 'refused', fields || refused.message].join(': ');
  return new CliError(NOBODY_THERE.has(grpcCode) ? 2 : 1, `${at}${said}`, { reason, violations, errorId });
};
