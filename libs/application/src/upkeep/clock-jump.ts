import type { Instant } from '@lacuna/domain/kernel';
import type { KeyClassName } from '@lacuna/domain/upkeep';
import type { Ports } from '../ports.js';
import { nightsBetween } from './night.js';
import { appendUpkeep, upkeepBackwards } from './upkeep-log.js';
import type { Revision } from '@lacuna/event-store';

/** What the system's stream says about the last run and the last jump of the clock. */
export type UpkeepState = Readonly<{
  /** The last nightly run; null: none yet. */
  lastNight: Instant | null;
  /** The classes whose keys were rotated since, newest first. */
  rotated: readonly KeyClassName[];
  /** A jump that no operator has confirmed. */
  pausedSince: Instant | null;
  /** The last time an operator confirmed one. */
  confirmedAt: Instant | null;
  last: Revision | null;
}>;

/** Reads back to the last nightly run: whatever a jump did before it is settled. */
export const upkeepState = async ({ store }: Ports): Promise<UpkeepState> => {
  let state: UpkeepState = { lastNight: null, rotated: [], pausedSince: null, confirmedAt: null, last: null };
  for await (const { event, at, revision } of upkeepBackwards(store)) {
    state = { ...state, last: state.last ?? revision };
    if (event.type === 'NightlyRunCompleted') return { ...state, lastNight: at };
    if (event.type === 'KeysRotated')
      state = { ...state, rotated: [...new Set([...state.rotated, event.data.keyClass])] };
    const known = state.pausedSince ?? state.confirmedAt;
    if (event.type === 'ClockJumpPaused' && known === null) state = { ...state, pausedSince: at };
    if (event.type === 'ClockJumpConfirmed' && known === null) state = { ...state, confirmedAt: at };
  }
  return state;
};

const latest = (...instants: readonly (Instant | null)[]): Instant =>
  instants.reduce<Instant>((last, one) => (one !== null && one > last ? one : last), '');

/** Where the next run counts from: the last one, what an operator has confirmed, or the birth of the store. */
export const countsFrom = (state: UpkeepState, bornAt: Instant): Instant =>
  latest(state.lastNight, state.confirmedAt, bornAt);

/**
 * Destruction cannot be undone: where a real clock makes more days' windows due at once than the pack lets pass, all
 * that runs by the clock pauses until an operator says that the clock is right. True: it is paused.
 */
export const pausedByJump = async (ports: Ports, bornAt: Instant): Promise<boolean> => {
  if (ports.clock.kind === 'simulated') return false;
  const state = await upkeepState(ports);
  if (state.pausedSince !== null) return true;
  const days = Math.min(...[...ports.packs.values()].map(({ clockJump }) => clockJump.days));
  const from = countsFrom(state, bornAt);
  const to = ports.clock.now();
  if (nightsBetween(ports.packs, from, to, days + 1) <= days) return false;
  await appendUpkeep(ports, { type: 'ClockJumpPaused', data: { from, to } }, state.last ?? 'none');
  return true;
};

/** An operator says that the clock is right. Without a pause: nothing. */
export const confirmClockJump = async (ports: Ports): Promise<void> => {
  const state = await upkeepState(ports);
  if (state.pausedSince === null) return;
  await appendUpkeep(ports, { type: 'ClockJumpConfirmed', data: {} }, state.last ?? 'none');
};
