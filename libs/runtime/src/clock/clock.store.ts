import type { Pool } from 'pg';
import type { Clock } from './clock.js';

/** A store's kind of clock is not what was asked for: it was chosen at birth. */
export class ClockMismatch extends Error {
  constructor(readonly code: 'CLOCK_IS_REAL' | 'CLOCK_IS_SIMULATED') {
    super(code);
    this.name = 'ClockMismatch';
  }
}

/** The business clock of a store: real or simulated from birth, a simulated instant outlives a restart. */
export interface StoreClock extends Clock {
  /** When the store was made, by this very clock. */
  readonly bornAt: string;
  /**
   * Moves a simulated clock. Durable before `now()` shows it; never backwards, whoever else moved it.
   * Throws `ClockMismatch` on a real one.
   */
  advanceTo(instant: string): Promise<void>;
  /** Takes over what another process has moved a simulated clock to. */
  refresh(): Promise<void>;
}

type Row = Readonly<{ kind: 'real' | 'simulated'; born_at: Date; simulated_at: Date | null }>;

/** Where a process that moves a simulated clock tells the others. */
export const CLOCK_CHANNEL = 'lacuna_clock';

const READ = 'SELECT kind, born_at, simulated_at FROM meta.clock';
const BEAR = `INSERT INTO meta.clock (kind, born_at, simulated_at)
  VALUES ($1, $2, $3) ON CONFLICT (single) DO NOTHING`;
const MOVE = `WITH moved AS (
    UPDATE meta.clock SET simulated_at = greatest(simulated_at, $1)
    WHERE kind = 'simulated' RETURNING kind, born_at, simulated_at)
  SELECT moved.*, pg_notify('${CLOCK_CHANNEL}', '') FROM moved`;

const rowOf = (rows: readonly Row[]): Row => {
  const [row] = rows;
  if (row === undefined) throw new Error('the store has no clock');
  return row;
};

const realStoreClock = (bornAt: string): StoreClock => ({
  kind: 'real',
  bornAt,
  now: () => new Date().toISOString(),
  advanceTo: () => Promise.reject(new ClockMismatch('CLOCK_IS_REAL')),
  refresh: () => Promise.resolve(),
});

const simulatedStoreClock = (pool: Pool, row: Row): StoreClock => {
  let current = row.born_at;
  const take = (rows: readonly Row[]): void => {
    const seen = rowOf(rows).simulated_at;
    if (seen !== null && seen > current) current = seen;
  };
  take([row]);
  return {
    kind: 'simulated',
    bornAt: row.born_at.toISOString(),
    now: () => current.toISOString(),
    advanceTo: async (instant) => take((await pool.query<Row>(MOVE, [new Date(instant)])).rows),
    refresh: async () => take((await pool.query<Row>(READ)).rows),
  };
};

/**
 * Opens the clock of a store, and makes it on the first opening: simulated when a start is given, else real.
 * Later a start is only a wish for a simulated clock: the instant reached stands, and a real store refuses.
 */
export const openClock = async (pool: Pool, simulatedFrom: string | null): Promise<StoreClock> => {
  const start = simulatedFrom === null ? null : new Date(simulatedFrom);
  await pool.query(BEAR, [start === null ? 'real' : 'simulated', start ?? new Date(), start]);
  const row = rowOf((await pool.query<Row>(READ)).rows);
  if (row.kind === 'real' && start !== null) throw new ClockMismatch('CLOCK_IS_REAL');
  return row.kind === 'real' ? realStoreClock(row.born_at.toISOString()) : simulatedStoreClock(pool, row);
};
