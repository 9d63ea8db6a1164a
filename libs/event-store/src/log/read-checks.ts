import { LacunaError } from '@lacuna/domain/kernel';
import type { AllRead, Position, StreamRead } from '../event-store.port.js';
import { EVENT_STORE_LIMITS, MAX_INT64 } from '../event-store-limits.js';
import { checkStreamId } from './append-checks.js';

export type CheckedStreamRead = Readonly<{
  stream: string;
  direction: 'forward' | 'backward';
  from: bigint;
  limit: number;
}>;

export type CheckedAllRead = Readonly<{
  batchSize: number;
  upTo: Position | null;
  signal: AbortSignal | null;
}>;

const isInt64 = (value: bigint): boolean => value >= 0n && value <= MAX_INT64;
const isPageSize = (value: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= EVENT_STORE_LIMITS.maxReadEvents;

const refuseRead = (what: string): never => {
  throw new LacunaError('READ_INVALID', what);
};

export const checkStreamRead = (stream: string, read: StreamRead): CheckedStreamRead => {
  checkStreamId(stream);
  const direction = read.direction ?? 'forward';
  const from = read.from ?? (direction === 'forward' ? 0n : MAX_INT64);
  const limit = read.limit ?? EVENT_STORE_LIMITS.maxReadEvents;
  if (!isInt64(from)) refuseRead('a revision is between 0 and 2^63 - 1');
  if (!isPageSize(limit)) refuseRead(`a read takes 1 to ${EVENT_STORE_LIMITS.maxReadEvents} events`);
  return { stream, direction, from, limit };
};

export const checkAllRead = (after: Position, read: AllRead): CheckedAllRead => {
  const batchSize = read.batchSize ?? EVENT_STORE_LIMITS.maxReadEvents;
  if (!isInt64(after) || !isInt64(read.upTo ?? 0n)) refuseRead('a position is between 0 and 2^63 - 1');
  if (!isPageSize(batchSize)) refuseRead(`a batch takes 1 to ${EVENT_STORE_LIMITS.maxReadEvents} events`);
  return { batchSize, upTo: read.upTo ?? null, signal: read.signal ?? null };
};

/**
 * A reader that has passed more than the log holds has seen a log that is gone (an older backup was restored):
 * going on would skip, in silence, whatever is appended at the places it believes to have read.
 */
export const checkNotAhead = (after: Position, head: Position): void => {
  if (after > head)
    throw new LacunaError('POSITION_AHEAD_OF_LOG', `position ${after.toString()} is not in the log yet`);
};
