import type { Revision } from '../event-store.port.js';

/**
 * How far streams were seen to reach. A stream of the log only grows, so that what was seen once holds for ever: an
 * append that follows a read of its stream needs no second look.
 */
export type SeenRevisions = Readonly<{
  see(stream: string, last: Revision | null): void;
  /** -1: never seen. */
  of(stream: string): Revision;
}>;

const MOST = 20_000;

export const createSeenRevisions = (): SeenRevisions => {
  const seen = new Map<string, Revision>();
  return {
    see: (stream, last) => {
      if (last === null || (seen.get(stream) ?? -1n) >= last) return;
      seen.delete(stream);
      seen.set(stream, last);
      const oldest = seen.keys().next();
      if (seen.size > MOST && !oldest.done) seen.delete(oldest.value);
    },
    of: (stream) => seen.get(stream) ?? -1n,
  };
};
