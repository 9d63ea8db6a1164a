import { status } from '@grpc/grpc-js';
import { errorRow, type RefusedCall } from '@lacuna/contracts';

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

const UNAVAILABLE: number = status.UNAVAILABLE;
const UNAUTHENTICATED: number = status.UNAUTHENTICATED;
const NOBODY_THERE: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNAUTHENTICATED,
  status.INVALID_ARGUMENT,
  status.UNIMPLEMENTED,
]);

// The server says no more to whoever it does not know; here is who called.
const NOT_KNOWN = 'the server takes no call with this token; it may have expired';

const textOf = ({ reason, violations, grpcCode, message }: RefusedCall): string => {
  const fields = violations.map(({ field, rule }) => `${field} (${rule})`).join(', ');
  const text = grpcCode === UNAUTHENTICATED ? NOT_KNOWN : fields || message;
  return [reason ?? status[grpcCode] ?? 'refused', text].join(': ');
};

/** A refused call as the end of a command: a refusal by rule is a finding, an outage or a wrong request is not. */
export class RefusedError extends CliError {
  constructor(
    readonly refused: RefusedCall,
    place?: string,
  ) {
    const { reason, violations, errorId, grpcCode } = refused;
    const at = place === undefined ? '' : `${place}: `;
    super(NOBODY_THERE.has(grpcCode) ? 2 : 1, `${at}${textOf(refused)}`, { reason, violations, errorId });
  }
}

/**
 * Whether a refusal may pass, so that the same request is made again: the error table says so of its reason, or no
 * server of ours has answered at all, since the connection was refused, or was cut by one that stopped.
 */
export const isPassing = ({ reason, grpcCode }: Pick<RefusedCall, 'reason' | 'grpcCode'>): boolean =>
  reason === null ? grpcCode === UNAVAILABLE : errorRow(reason)?.retry === true;

/** No process of this home serves what is asked for; one that restarts is away for a moment. */
export class NobodyHere extends CliError {
  constructor(message: string) {
    super(2, message);
  }
}

/** `isPassing` of whatever was thrown. */
export const passes = (error: unknown): boolean =>
  error instanceof NobodyHere || (error instanceof RefusedError && isPassing(error.refused));
