import { LacunaError } from '@lacuna/domain/kernel';
import { DatabaseError } from 'pg';

/**
 * `lost`: the connection is gone, what was under way may have been done or not.
 * `contended`: rolled back over other writers. `unavailable`: rolled back, the server cannot now.
 * `refused`: rolled back, and would be again.
 */
export type FailureKind = 'lost' | 'contended' | 'unavailable' | 'refused';

const CONTENDED = new Set(['40001', '40P01', '55P03']);
// Connection exceptions; shutdown, crash, cannot connect now.
const LOST = /^(?:08|57P)/;
// Cancelled; resources; system errors; read-only; wrong password or no such database: another start may cure it.
const UNAVAILABLE = /^(?:57014|53|58|25006|28|3D)/;

export const kindOfFailure = (error: unknown): FailureKind => {
  if (error instanceof LacunaError) return error.code === 'STORE_UNAVAILABLE' ? 'unavailable' : 'refused';
  if (!(error instanceof DatabaseError)) return 'lost';
  const code = error.code ?? '';
  if (CONTENDED.has(code)) return 'contended';
  if (LOST.test(code)) return 'lost';
  return UNAVAILABLE.test(code) ? 'unavailable' : 'refused';
};

const CODES = {
  lost: 'STORE_UNAVAILABLE',
  contended: 'STORE_CONTENDED',
  unavailable: 'STORE_UNAVAILABLE',
  refused: 'STORE_REFUSED',
} as const;

/** What the driver said, without its details: those quote rows. */
const reasonOf = (error: unknown): string => {
  if (error instanceof DatabaseError) return `PostgreSQL ${error.code ?? 'error'}`;
  return error instanceof Error && 'code' in error ? String(error.code) : 'connection lost';
};

export const storeError = (error: unknown): LacunaError =>
  error instanceof LacunaError
    ? error
    : new LacunaError(CODES[kindOfFailure(error)], `the event log did not answer: ${reasonOf(error)}`);
