import type { RequestNames } from '@lacuna/custody';
import { LacunaError } from '@lacuna/domain/kernel';
import type { Target, Targets } from './task.js';

/** The first event's id is a keyed digest that load, decision, claims and append all ask for: made once. */
const firstOnce = (eventId: (index: number) => string): ((index: number) => string) => {
  let first: string | undefined;
  return (index) => (index === 0 ? (first ??= eventId(0)) : eventId(index));
};

type Place = Readonly<{ stream: string; subject: string }>;

/** One target per request key that still lives; custody gives the previous month's first and the current one's last. */
export const targetsOf = async (
  asked: Promise<readonly RequestNames[]>,
  place: (names: RequestNames) => Place,
): Promise<Targets> => {
  const targets = (await asked).map((one): Target => ({
    ...place(one),
    epoch: one.epoch,
    id: (label) => one.id(label),
    eventId: firstOnce((index) => one.eventId(index)),
  }));
  const current = targets.pop();
  if (current === undefined) throw new LacunaError('CUSTODY_UNAVAILABLE', 'custody gave no request key');
  return [...targets, current];
};
