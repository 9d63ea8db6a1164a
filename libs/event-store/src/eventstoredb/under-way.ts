import type { Instant } from '@lacuna/domain/kernel';

/**
 * How long an append may be on its way, by which reservations are judged. Whoever takes up a reservation does so while
 * it is young, and begins to write within `UNDER_WAY_MS`; nobody takes one for given up before `GIVEN_UP_MS`. What lies
 * between is what a server may hold a write, what the clocks of its nodes and of ours may differ, and how long a
 * process may stand still between looking at its clock and writing.
 */
const UNDER_WAY_MS = 60_000;
const GIVEN_UP_MS = 900_000;

/** How far `recordedAt` may run back between processes: what their clocks differ, and how old what they take up is. */
export const RECORDED_DISORDER_MS = 60_000;

const YOUNG_MS = RECORDED_DISORDER_MS / 2;

/** When the last attempt to write what is planned now may begin. */
export const lastWriteAt = (now: number): number => now + UNDER_WAY_MS;

export const isYoung = (madeAt: number, now: number): boolean => now - madeAt < YOUNG_MS;

export const isGivenUp = (madeAt: number, now: number): boolean => now - madeAt > GIVEN_UP_MS;

/** An event with this time may stand behind one with the other. */
export const isTimely = (recordedAt: Instant, now: Instant): boolean =>
  Date.parse(now) - Date.parse(recordedAt) < YOUNG_MS;

/** Nobody can have found a reservation of then old, and reserved anew: the time that was planned is the one that stands. */
export const isSurelyFirst = (plannedAt: number, now: number): boolean => now - plannedAt < YOUNG_MS / 2;
