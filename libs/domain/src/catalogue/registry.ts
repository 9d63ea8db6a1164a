import { activityDeclarations, type ActivityEvent } from '../activity/index.js';
import { behaviourDeclarations, type BehaviourEvent } from '../behaviour/index.js';
import { claimDeclarations, type ClaimAbandoned } from '../claim/index.js';
import { identityDeclarations, type IdentityEvent } from '../identity/index.js';
import { importDeclarations, type ImportEvent } from '../imports/index.js';
import type { Sealed } from '../kernel/index.js';
import { memberDeclarations, type MemberEvent } from '../member/index.js';
import { readingDeclarations, type ReadingEvent } from '../reading/index.js';
import { retentionDeclarations, type RetentionEvent } from '../retention/index.js';
import { statisticsDeclarations, type StatisticsEvent } from '../statistics/index.js';
import { upkeepDeclarations, type UpkeepEvent } from '../upkeep/index.js';
import { makeCatalogue, type StoredForm } from './catalogue.js';

/** Everything the log can hold. `V`: plain when decided, sealed when stored. */
export type LacunaEvent<V> =
  | MemberEvent<V>
  | IdentityEvent<V>
  | BehaviourEvent<V>
  | ActivityEvent<V>
  | ReadingEvent<V>
  | StatisticsEvent
  | RetentionEvent
  | ImportEvent
  | UpkeepEvent
  | ClaimAbandoned;

/** Every event in its newest shape, as it is stored. */
export type StoredEvent = LacunaEvent<Sealed>;

/** The registry of the product: a fault in it stops whoever imports it, before anything is read or written. */
export const catalogue = makeCatalogue([
  ...memberDeclarations,
  ...identityDeclarations,
  ...behaviourDeclarations,
  ...activityDeclarations,
  ...statisticsDeclarations,
  ...retentionDeclarations,
  ...readingDeclarations,
  ...importDeclarations,
  ...upkeepDeclarations,
  ...claimDeclarations,
]);

/**
 * A recorded event in its newest shape, typed. Its data were checked against the contract when they were written,
 * which is why this is the one place that may say so to the compiler.
 */
export const readEvent = (stored: StoredForm): StoredEvent => catalogue.upcast(stored) as StoredEvent;
