import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from '../generated/google/rpc/error_details.js';
import { Status } from '../generated/google/rpc/status.js';
import { errorRow, errorTable, type ErrorRow } from './error-table.js';

export const ERROR_DOMAIN = 'lacuna';

/** Where google.rpc.Status travels beside the plain status. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';
const RETRY_AFTER_SECONDS = '1';

/** What every error of ours looks like, whichever library raised it. */
export type CodedError = Readonly<{
  code: string;
  message: string;
  violations?: readonly Readonly<{ field: string; rule: string }>[];
}>;

/** Told of each error that leaves as INTERNAL: the id that the caller got, and the cause that the caller did not get. */
export type FailureReport = (errorId: string, cause: unknown) => void;

/** As grpc-js wants an error: to be thrown at, or handed to, a call. */
export type GrpcStatus = Readonly<{ code: ErrorRow['grpc']; details: string; metadata: Metadata }>;

const isCoded = (error: unknown): error is CodedError =>
  typeof error === 'object' &&
  error !== null &&
  typeof (error as { code?: unknown }).code === 'string' &&
  typeof (error as { message?: unknown }).message === 'string';

const rowOf = (error: unknown): ErrorRow | undefined =>
  isCoded(error) && error.code !== 'INTERNAL' ? errorRow(error.code) : undefined;

const pack = (name: string, value: Uint8Array): Status['details'][number] => ({
  typeUrl: `${TYPE_PREFIX}${name}`,
  value,
});

const errorInfo = (reason: string, metadata: Readonly<Record<string, string>> = {}) =>
  pack('ErrorInfo', ErrorInfo.encode({ reason, domain: ERROR_DOMAIN, metadata: { ...metadata } }).finish());

const retryInfo = () =>
  pack('RetryInfo', RetryInfo.encode({ retryDelay: { seconds: RETRY_AFTER_SECONDS, nanos: 0 } }).finish());

// A rule may carry its citation (`CHANNEL_UNKNOWN R003 000§2.2`): the reason is its name.
const reasonOf = (rule: string): string => (rule.split(' ')[0] ?? '').toUpperCase().replaceAll('-', '_');

/** As many as are told: they travel in a header of the answer, and a message of five hundred rows may have thousands. */
const MOST_VIOLATIONS = 100;

const badRequest = (violations: NonNullable<CodedError['violations']>) =>
  pack(
    'BadRequest',
    BadRequest.encode({
      fieldViolations: violations.slice(0, MOST_VIOLATIONS).map(({ field, rule }) => ({
        field,
        description: rule,
        reason: reasonOf(rule),
        localizedMessage: undefined,
      })),
    }).finish(),
  );

const internal = (cause: unknown, report: FailureReport): Status => {
  const errorId = randomUUID();
  report(errorId, cause);
  return {
    code: errorTable.INTERNAL.grpc,
    message: `internal error ${errorId}`,
    details: [errorInfo('INTERNAL', { errorId })],
  };
};

/**
 * The answer to an error: its reason, its bad fields, and whether it is worth repeating. What is not in the table
 * leaves as INTERNAL with an id and nothing else; its cause goes to `report`.
 */
export const toRpcStatus = (error: unknown, report: FailureReport): Status => {
  const row = rowOf(error);
  if (row === undefined || !isCoded(error)) return internal(error, report);
  const violations = error.violations ?? [];
  return {
    code: row.grpc,
    message: error.message,
    details: [
      errorInfo(error.code),
      ...(violations.length > 0 ? [badRequest(violations)] : []),
      ...(row.retry === true ? [retryInfo()] : []),
    ],
  };
};

/** `toRpcStatus` for a call that ends with the error. */
export const toStatus = (error: unknown, report: FailureReport): GrpcStatus => {
  const status = toRpcStatus(error, report);
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS_KEY, Buffer.from(Status.encode(status).finish()));
  return { code: (rowOf(error) ?? errorTable.INTERNAL).grpc, details: status.message, metadata };
};
