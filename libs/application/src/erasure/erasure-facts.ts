import { LacunaError, type Processing } from '@lacuna/domain/kernel';
import type { ErasureRequested } from '@lacuna/domain/member';
import type { Actor } from '@lacuna/domain/kernel';

/** All that the event of an erasure needs, as custody keeps it beside the restriction: a crash can then lose nothing. */
export type ErasureFacts = Readonly<{
  event: ErasureRequested;
  eventId: string;
  actor: Actor;
  processing: Processing;
  policy: string;
}>;

/** Custody keeps a flat record of strings; no personal value is among them. */
export const writeFacts = (facts: ErasureFacts): Readonly<Record<string, string>> => ({
  version: '1',
  facts: JSON.stringify(facts),
});

export const readFacts = ({ version, facts }: Readonly<Record<string, string>>): ErasureFacts => {
  if (version !== '1' || facts === undefined)
    throw new LacunaError('RESTRICTION_UNREADABLE', 'a restriction does not say which request it is of');
  // Written by `writeFacts` alone, in a table that only custody writes.
  return JSON.parse(facts) as ErasureFacts;
};
