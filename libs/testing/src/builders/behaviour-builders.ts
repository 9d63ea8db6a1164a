import type {
  BehaviourBody,
  BehaviourDetails,
  BehaviourRecorded,
  BehavioursCountedOnly,
  NightCopy,
} from '@lacuna/domain/behaviour';
import { eventBuilder, commandContext } from './message-builder.js';

const day = '1998-03-04';
const night = '1998-07-01';

export const someDetails: BehaviourDetails = { units: 2, amount: 1177, texts: {} };

/** What somebody bought on 4 March 1998; a test names only what it is about. */
export const recordedBody = (
  change: Partial<Extract<BehaviourBody, { what: 'recorded' }>> = {},
): BehaviourBody => {
  const { actor, at, processing } = commandContext();
  const frame = { actor, at, processing };
  return { what: 'recorded', kind: 'purchase', occurred: day, details: someDetails, frame, ...change };
};

export const correctedBody = (
  of: string,
  change: Partial<Extract<BehaviourBody, { what: 'corrected' }>> = {},
): BehaviourBody => {
  const { actor, at, processing } = commandContext();
  const frame = { actor, at, processing };
  return { what: 'corrected', of, kind: 'purchase', details: someDetails, frame, ...change };
};

/** What one purchase adds to the statistics, by somebody whom this night knows as `person`. */
export const nightCopy = (change: Partial<NightCopy> = {}): NightCopy => ({
  night,
  person: 'person-1',
  day,
  kind: 'purchase',
  count: 1,
  units: 2,
  amount: 1177,
  ...change,
});

export const behaviourRecorded = eventBuilder<BehaviourRecorded<string>>('BehaviourRecorded', {
  day,
  night,
  body: JSON.stringify(recordedBody()),
  copy: JSON.stringify(nightCopy()),
});
export const behavioursCountedOnly = eventBuilder<BehavioursCountedOnly<string>>('BehavioursCountedOnly', {
  night,
  copies: JSON.stringify([nightCopy()]),
});
