import type { StoreClock } from '@lacuna/runtime';
import type { Ports } from '../ports.js';
import type { DeadlineView } from './deadlines.port.js';
import type { Failure, Fired } from './reactor.port.js';
import type { Turn } from './turn.port.js';
import type { WorkStore } from './work.port.js';

/** What a reactor is made of. */
export type ReactorParts = Readonly<{
  ports: Ports;
  clock: StoreClock;
  work: WorkStore;
  deadlines: DeadlineView;
  turn: Turn;
  /** Told of every settling: what was done, and what could not be. */
  onSettled?: (outcome: Readonly<{ fired: readonly Fired[]; failures: readonly Failure[] }>) => void;
}>;
