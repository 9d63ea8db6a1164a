import type { NightCopy } from '../behaviour/index.js';
import { exactly } from './exactly.js';

/** What something adds to the sums. */
export type Measures = Pick<NightCopy, 'count' | 'units' | 'amount'>;

export const added = (one: Measures, other: Measures): Measures => ({
  count: exactly(one.count + other.count),
  units: exactly(one.units + other.units),
  amount: exactly(one.amount + other.amount),
});

/** All that somebody did in a cell that fewer than k people are met in. */
export type NightRow = Readonly<{ cell: number; person: number; measures: Measures }>;
