import { LacunaError } from '../kernel/index.js';

/** A sum that is what it says; beyond it another one would look the same. */
export const exactly = (sum: number): number => {
  if (!Number.isSafeInteger(sum))
    throw new LacunaError(
      'STATISTICS_INEXACT',
      'the sums of this night are larger than can be added exactly',
    );
  return sum;
};
