import type { Instant } from '@lacuna/domain/kernel';
import type { StoreClock } from '@lacuna/runtime';
import { reclaim } from '../claims/reclaim.process.js';
import { settleClaim } from '../claims/settle-claim.process.js';
import { advanceErasure, finaliseErasure } from '../erasure/advance-erasure.process.js';
import { completeRestriction } from '../erasure/complete-restriction.process.js';
import type { Ports } from '../ports.js';
import { pausedByJump, upkeepState } from '../upkeep/clock-jump.js';
import { nextNight } from '../upkeep/night.js';
import { completeNight, rotateKeys, unrecoverableSince } from '../upkeep/nightly-run.process.js';
import { rotationsSince } from '../upkeep/upkeep-log.js';
import type { DeadlineView } from './deadlines.port.js';
import { dueDeadlines } from './due.js';
import { fireDeadline } from './fire-deadline.process.js';
import type { Outcome } from './outcome.js';
import { readWork } from './read-work.process.js';
import type { Work } from './work.js';
import type { WorkStore } from './work.port.js';

export type ReactorParts = Readonly<{
  ports: Ports;
  clock: StoreClock;
  work: WorkStore;
  deadlines: DeadlineView;
}>;

/** A claim that is older than this was left behind: its command has long had its answer, or never will. */
const CLAIM_LEFT_AFTER_MS = 60_000;

const shifted = (instant: Instant, ms: number): Instant => new Date(Date.parse(instant) + ms).toISOString();

const member = ({ tenant, subject }: Work) => ({ tenant, memberId: subject });

/** What people have asked for, and what crashes have left behind: it waits for no hour. */
export const doWork = async ({ ports, work }: ReactorParts, outcome: Outcome): Promise<void> => {
  const now = ports.clock.now();
  // Up to this very millisecond: a restriction that is in the middle of its request is written down twice as one event.
  const restrictions = await ports.custody.unrecordedRestrictions(shifted(now, 1));
  await outcome.tryEach('restriction', restrictions, (one) => completeRestriction(ports, one));
  await readWork(ports, work);
  await outcome.tryEach('erase', await work.list('erase'), async (one) => {
    await advanceErasure(ports, member(one));
    await work.done(one);
  });
  await outcome.tryEach('claims', await work.list('claims'), async (one) => {
    await reclaim(ports, one);
    await work.done(one);
  });
  const left = await ports.custody.openClaims(shifted(now, -CLAIM_LEFT_AFTER_MS));
  await outcome.tryEach('open-claim', left, (claim) => settleClaim(ports, claim));
  await readWork(ports, work);
};

/** One page of what is due; false: nothing was left to try. */
const fireDue = async (
  { ports, deadlines }: ReactorParts,
  outcome: Outcome,
  tried: Set<string>,
): Promise<boolean> => {
  await deadlines.passed(await ports.store.head());
  const due = await dueDeadlines(ports, deadlines, ports.clock.now());
  const fresh = due.filter(({ tenant, deadlineId }) => !tried.has(`${tenant} ${deadlineId}`));
  for (const { tenant, deadlineId } of fresh) tried.add(`${tenant} ${deadlineId}`);
  for (const kind of new Set(fresh.map((one) => one.kind)))
    await outcome.tryEach(
      kind,
      fresh.filter((one) => one.kind === kind),
      (deadline) => fireDeadline(ports, deadline),
    );
  return fresh.length > 0;
};

/** What the rotations in the log have made unrecoverable gets its last event. */
const finalise = async ({ ports, work }: ReactorParts, outcome: Outcome): Promise<void> => {
  const waiting = await work.list('finalise');
  const oldest = waiting[0]?.since;
  if (oldest === undefined) return;
  const rotations = await rotationsSince(ports.store, oldest);
  const covered = waiting.flatMap((one) => {
    const unrecoverableAt = unrecoverableSince(rotations, one.since);
    return unrecoverableAt === null ? [] : [{ one, unrecoverableAt }];
  });
  await outcome.tryEach('finalise', covered, async ({ one, unrecoverableAt }) => {
    await finaliseErasure(ports, member(one), unrecoverableAt);
    await work.done(one);
  });
};

const isNight = async ({ ports, clock }: ReactorParts): Promise<boolean> => {
  const { lastNight } = await upkeepState(ports);
  const next = nextNight(ports.packs, lastNight ?? clock.bornAt);
  return next !== null && next <= ports.clock.now();
};

/** Nights that were missed are one: a rotation covers all that was destroyed before it. */
const runNight = (parts: ReactorParts, outcome: Outcome): Promise<void> =>
  outcome.try('nightly-run', async () => {
    const rotated = await rotateKeys(parts.ports);
    await finalise(parts, outcome);
    await completeNight(parts.ports, rotated);
  });

/** Everything due at this instant, to completion. True: paused by a jump of the clock. */
export const settleNow = async (parts: ReactorParts, outcome: Outcome): Promise<boolean> => {
  await doWork(parts, outcome);
  if (await pausedByJump(parts.ports, parts.clock.bornAt)) return true;
  const tried = new Set<string>();
  while (await fireDue(parts, outcome, tried)) await doWork(parts, outcome);
  if (await isNight(parts)) {
    await runNight(parts, outcome);
    await readWork(parts.ports, parts.work);
  }
  return false;
};
