import type { Instant } from '@lacuna/domain/kernel';
import { reclaim } from '../claims/reclaim.process.js';
import { settleClaim } from '../claims/settle-claim.process.js';
import { advanceErasure } from '../erasure/advance-erasure.process.js';
import { completeRestriction } from '../erasure/complete-restriction.process.js';
import { pausedByJump } from '../upkeep/clock-jump.js';
import { prepareSubjects } from '../upkeep/prepare-subjects.process.js';
import { dueDeadlines } from './due.js';
import { fireDeadline } from './fire-deadline.process.js';
import type { Outcome } from './outcome.js';
import type { ReactorParts } from './reactor-parts.js';
import { readWork } from './read-work.process.js';
import { memberOf } from './work.js';
import { runNights } from './run-nights.process.js';

/** A claim that is older than this was left behind: its command has long had its answer, or never will. */
const CLAIM_LEFT_AFTER_MS = 60_000;

const shifted = (instant: Instant, ms: number): Instant => new Date(Date.parse(instant) + ms).toISOString();

/** What people have asked for, and what crashes have left behind: it waits for no hour. */
export const doWork = async ({ ports, work }: ReactorParts, outcome: Outcome): Promise<void> => {
  const now = ports.clock.now();
  // Up to this very millisecond: a restriction that is in the middle of its request is written down twice as one event.
  const restrictions = await ports.custody.unrecordedRestrictions(shifted(now, 1));
  await outcome.tryEach('restriction', restrictions, (one) => completeRestriction(ports, one));
  await readWork(ports, work);
  await outcome.tryEach('keys', await work.list('keys'), async (one) => {
    const made = await prepareSubjects(ports, one.tenant);
    await work.done(one);
    return made > 0;
  });
  await outcome.tryEach('erase', await work.list('erase'), async (one) => {
    await advanceErasure(ports, memberOf(one));
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

/** Everything due at this instant, to completion. True: paused by a jump of the clock. */
export const settleNow = async (parts: ReactorParts, outcome: Outcome): Promise<boolean> => {
  await doWork(parts, outcome);
  if (await pausedByJump(parts.ports, parts.clock.bornAt)) return true;
  const tried = new Set<string>();
  while (await fireDue(parts, outcome, tried)) await doWork(parts, outcome);
  if (await runNights(parts, outcome)) await readWork(parts.ports, parts.work);
  return false;
};
