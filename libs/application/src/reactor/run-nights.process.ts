import type { Instant } from '@lacuna/domain/kernel';
import { finaliseErasure } from '../erasure/advance-erasure.process.js';
import { countNight, nightsToCount } from '../night/count-night.process.js';
import type { Ports } from '../ports.js';
import { upkeepState } from '../upkeep/clock-jump.js';
import { hadNight, nextNight } from '../upkeep/night.js';
import { completeNight, rotateKeys, unrecoverableSince } from '../upkeep/nightly-run.process.js';
import {
  assertRetentionKnown,
  destroyDueScopes,
  dueSweep,
  recordSweep,
  type DueSweep,
} from '../upkeep/retention-sweep.process.js';
import { rotationsSince } from '../upkeep/upkeep-log.js';
import type { Outcome } from './outcome.js';
import type { ReactorParts } from './reactor-parts.js';
import { memberOf } from './work.js';

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
    await finaliseErasure(ports, memberOf(one), unrecoverableAt);
    await work.done(one);
  });
};

/** The run that is due, by the one that it follows (or the birth of the store); null: none is. */
const dueNight = async ({ ports, clock }: ReactorParts): Promise<Instant | null> => {
  const follows = (await upkeepState(ports)).lastNight ?? clock.bornAt;
  const next = nextNight(ports.packs, follows);
  return next !== null && next <= ports.clock.now() ? follows : null;
};

/**
 * Closes and counts a tenant's nights, each by itself: one that cannot be counted stays, with its key, and is loud at
 * every settling. False: nights are not closed yet, so somebody may still be recording into a day that is to end.
 */
const countNights = async (ports: Ports, tenant: string, outcome: Outcome): Promise<boolean> => {
  let closed = false;
  await outcome.try('statistics', async () => {
    const nights = await nightsToCount(ports, tenant);
    closed = true;
    for (const night of nights) await outcome.try('statistics', () => countNight(ports, tenant, night));
    return false;
  });
  return closed;
};

/** Counts a tenant's nights and destroys what is due of its scopes; null: its last nightly run has been swept already. */
const endDays = async (
  { ports, clock }: ReactorParts,
  tenant: string,
  outcome: Outcome,
): Promise<DueSweep | null> => {
  let due: DueSweep | null = null;
  if (!(await countNights(ports, tenant, outcome))) return due;
  await outcome.try('retention', async () => {
    const sweep = await dueSweep(ports, tenant, clock.bornAt);
    if (sweep !== null) await destroyDueScopes(ports, sweep);
    due = sweep;
    return false;
  });
  return due;
};

/** A rotation covers all that was destroyed before it: after it comes what says so. */
const rotateAndRecord = (
  parts: ReactorParts,
  outcome: Outcome,
  { follows, sweeps }: Readonly<{ follows: Instant | null; sweeps: readonly DueSweep[] }>,
): Promise<void> =>
  outcome.tryTraced('nightly-run', async () => {
    await rotateKeys(parts.ports);
    const [oldest] = sweeps.map(({ since }) => since).sort();
    const rotations = oldest === undefined ? [] : await rotationsSince(parts.ports.store, oldest);
    await outcome.tryEach('retention', sweeps, async (sweep) => {
      await recordSweep(parts.ports, sweep, rotations);
      return false;
    });
    if (follows === null) return false;
    await finalise(parts, outcome);
    await completeNight(parts.ports, follows);
    return true;
  });

/**
 * The nightly run of every tenant whose hour has come: count, destroy, rotate, write down. Nights that were missed are
 * one run, but for their statistics, which are each night's own. What fails for one tenant hurts no other, and is tried
 * again at the next settling, also where the run as a whole is complete: what is done is asked of the log and of
 * custody, never remembered. False: there was nothing to do.
 */
export const runNights = async (parts: ReactorParts, outcome: Outcome): Promise<boolean> => {
  const { ports, clock } = parts;
  const sweeps: DueSweep[] = [];
  for (const [tenant, pack] of ports.packs) {
    await outcome.try('retention', () => {
      assertRetentionKnown(pack);
      return Promise.resolve(false);
    });
    if (!hadNight(pack, clock.bornAt, clock.now())) continue;
    const due = await endDays(parts, tenant, outcome);
    if (due !== null) sweeps.push(due);
  }
  const follows = await dueNight(parts);
  if (follows === null && sweeps.length === 0) return false;
  await rotateAndRecord(parts, outcome, { follows, sweeps });
  return true;
};
