import type { Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo } from '../generated/google/rpc/error_details.js';
import { Status } from '../generated/google/rpc/status.js';
import { STATUS_DETAILS_KEY } from './to-status.js';

/** What a client learns from a refused call. */
export type RefusedCall = Readonly<{
  grpcCode: number;
  /** The stable code; `null` where no server of ours answered (connection refused, a proxy, a size limit). */
  reason: string | null;
  message: string;
  violations: readonly Readonly<{ field: string; rule: string }>[];
  errorId: string | null;
}>;

const find = (status: Status, name: string): Uint8Array | undefined =>
  status.details.find((detail) => detail.typeUrl.endsWith(`/google.rpc.${name}`))?.value;

/** Reads a google.rpc.Status: of a record in a stream, or of a call. */
export const readRpcStatus = (status: Status): RefusedCall => {
  const infoBytes = find(status, 'ErrorInfo');
  const info = infoBytes && ErrorInfo.decode(infoBytes);
  const requestBytes = find(status, 'BadRequest');
  const violations = requestBytes ? BadRequest.decode(requestBytes).fieldViolations : [];
  return {
    grpcCode: status.code,
    reason: info?.reason ?? null,
    message: status.message,
    violations: violations.map(({ field, description }) => ({ field, rule: description })),
    errorId: info?.metadata['errorId'] ?? null,
  };
};

/** Reads what a grpc-js client's callback or stream gave as its error. */
export const readStatus = (
  error: Readonly<{ code: number; details: string; metadata: Metadata }>,
): RefusedCall => {
  const [bytes] = error.metadata.get(STATUS_DETAILS_KEY);
  if (bytes instanceof Buffer) return readRpcStatus(Status.decode(bytes));
  return { grpcCode: error.code, reason: null, message: error.details, violations: [], errorId: null };
};
