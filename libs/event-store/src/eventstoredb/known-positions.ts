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

// Looking for a place costs at most so many bytes of the log, once it has been read; reading it again keeps nothing more.
const APART = 262_144n;

export const createKnownPositions = (): KnownPositions => {
  const known: Position[] = [];
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
      const index = indexAfter(position);
      const [before = 0n, next = position + APART] = [known[index - 1], known[index]];
      if (position - before >= APART && next - position >= APART) known.splice(index, 0, position);
    },
    before: (position) => known[indexAfter(position) - 1] ?? 0n,
  };
};
