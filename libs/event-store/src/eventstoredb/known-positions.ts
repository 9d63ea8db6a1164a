import type { Position } from '../event-store.port.js';

/**
 * The server reads on only from a place where a record begins. A position that is none (found by halves, or by
 * counting) is looked for from the nearest one before it that this process has met.
 */
export type KnownPositions = Readonly<{
  pass(position: Position): void;
  /** 0: the beginning. */
  before(position: Position): Position;
}>;

// One of so many is kept: looking for a place costs at most so many events, once the log has been read.
const EVERY = 256;

export const createKnownPositions = (): KnownPositions => {
  const known: Position[] = [];
  let passed = 0;
  const indexAfter = (position: Position): number => {
    let [low, high] = [0, known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known[middle] ?? 0n) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    pass: (position) => {
      passed += 1;
      if (passed % EVERY !== 0) return;
      const index = indexAfter(position);
      if (known[index - 1] !== position) known.splice(index, 0, position);
    },
    before: (position) => known[indexAfter(position) - 1] ?? 0n,
  };
};
