import type { Pool } from 'pg';
import { ClockMismatch, ConfigError, openClock, type StoreClock } from '@lacuna/runtime';

const MISMATCHES = {
  CLOCK_IS_REAL:
    'this store was born with a real clock and keeps it: unset the variable, or begin a new store with another LACUNA_HOME',
  CLOCK_IS_SIMULATED: 'this store was born with a simulated clock and keeps it',
} as const;

/** The clock of a store, made with its tables; a wish for another kind than it was born with is a wrong configuration. */
export const storeClock = async (pool: Pool, simulatedFrom: string | null): Promise<StoreClock> => {
  try {
    return await openClock(pool, simulatedFrom);
  } catch (error) {
    if (!(error instanceof ClockMismatch)) throw error;
    throw new ConfigError([{ key: 'LACUNA_CLOCK', problem: MISMATCHES[error.code] }]);
  }
};
