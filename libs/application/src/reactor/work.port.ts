import type { Position } from '@lacuna/event-store';
import type { Work, WorkChange } from './work.js';

/**
 * What the reactor remembers: how far it has read the log, and what is to be done. All of it follows from the log;
 * it is kept so that nothing has to be read twice. Work is taken from here only after its effect is durable, and every
 * effect is idempotent: what a crash repeats changes nothing.
 */
export interface WorkStore {
  position(): Promise<Position>;
  /** Takes over what a run of the log says, with the position, in one transaction. False: another reactor was quicker, nothing was taken. */
  take(from: Position, to: Position, changes: readonly WorkChange[]): Promise<boolean>;
  list(kind: Work['kind']): Promise<readonly Work[]>;
  done(work: Work): Promise<void>;
}
