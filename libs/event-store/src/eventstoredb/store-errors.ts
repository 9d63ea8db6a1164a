import { convertToCommandError, ErrorType, isCommandError } from '@eventstore/db-client';
import { LacunaError } from '@lacuna/domain/kernel';

/**
 * `lost`: no answer, or one that tells nothing; what was under way may have been done or not. `denied`: not for this
 * user; another start may cure it. `forgets`: the stream is gone. `refused`: not done, and would not be another time.
 */
export type FailureKind = 'lost' | 'denied' | 'forgets' | 'refused';

const LOST = new Set<string>([
  ErrorType.UNAVAILABLE,
  ErrorType.CANCELLED,
  ErrorType.NOT_LEADER,
  ErrorType.DEADLINE_EXCEEDED,
  ErrorType.TIMEOUT,
]);
const KINDS = new Map<string, FailureKind>([
  [ErrorType.ACCESS_DENIED, 'denied'],
  [ErrorType.STREAM_DELETED, 'forgets'],
]);
// gRPC: INVALID_ARGUMENT, ALREADY_EXISTS, RESOURCE_EXHAUSTED (a message too large), UNIMPLEMENTED.
const REFUSED_CODES = new Set<unknown>([3, 6, 8, 12]);
const PERMISSION_DENIED = 7;

const typeOf = (error: Error): string => {
  const converted: unknown = convertToCommandError(error);
  return converted instanceof Error && isCommandError(converted) ? converted.type : 'connection-lost';
};

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

const kindOfType = (type: string, code: unknown): FailureKind => {
  const kind = KINDS.get(type);
  if (kind) return kind;
  if (LOST.has(type)) return 'lost';
  if (code === PERMISSION_DENIED) return 'denied';
  return REFUSED_CODES.has(code) ? 'refused' : 'lost';
};

export const kindOfFailure = (error: unknown): FailureKind => {
  if (error instanceof LacunaError) return error.code === 'STORE_UNAVAILABLE' ? 'lost' : 'refused';
  return error instanceof Error ? kindOfType(typeOf(error), codeOf(error)) : 'lost';
};

const INVALID_ARGUMENT = 3;

/** A reader asked for what follows a place where no record begins. */
export const isInvalidPosition = (error: unknown): boolean =>
  error instanceof Error && codeOf(error) === INVALID_ARGUMENT && error.message.includes('invalid position');

export const wouldForget = (what: string): LacunaError => new LacunaError('STORE_WOULD_FORGET', what);

/** In the server's words, without its details: those name streams. */
export const storeError = (error: unknown): LacunaError => {
  if (error instanceof LacunaError) return error;
  const reason = error instanceof Error ? typeOf(error) : 'connection-lost';
  const kind = kindOfFailure(error);
  if (kind === 'forgets') return wouldForget('a stream of the log was deleted in EventStoreDB');
  const code = kind === 'refused' ? 'STORE_REFUSED' : 'STORE_UNAVAILABLE';
  return new LacunaError(code, `EventStoreDB did not answer: ${reason}`);
};

/** What the engine itself finds lost: a stream that ended, an answer that did not come in time. */
export const lost = (what: string): LacunaError =>
  new LacunaError('STORE_UNAVAILABLE', `EventStoreDB did not answer: ${what}`);
