import type { RequestNames } from '@lacuna/custody';
import { LacunaError } from '@lacuna/domain/kernel';
import type { Target, Targets } from './task.js';

/** One target per request key that still lives; custody gives the previous month's first and the current one's last. */
export const targetsOf = (
  names: readonly RequestNames[],
  place: (names: RequestNames) => Readonly<{ stream: string; subject: string }>,
): Targets => {
  const targets = names.map((one): Target => ({
    ...place(one),
    epoch: one.epoch,
    id: (label) => one.id(label),
    eventId: (index) => one.eventId(index),
  }));
  const current = targets.pop();
  if (current === undefined) throw new LacunaError('CUSTODY_UNAVAILABLE', 'custody gave no request key');
  return [...targets, current];
};
