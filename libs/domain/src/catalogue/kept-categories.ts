import { activityCategory } from '../activity/index.js';
import { behaviourCategory, nightCategory } from '../behaviour/index.js';
import { identityCategory } from '../identity/index.js';
import { memberCategory } from '../member/index.js';
import type { ScopeKind } from '../policy/index.js';
import { auditCategory } from '../reading/index.js';
import { catalogue } from './registry.js';
import { categoriesOf } from './sealing.js';

/**
 * Every category that an event of the log can hold, which a pack must therefore end (R023, R044). Not `night`: the keys
 * of its data go with the night that counts them, whatever a pack says.
 */
export const keptCategories: readonly string[] = [...new Set(catalogue.entries.flatMap(categoriesOf))].filter(
  (category) => category !== nightCategory,
);

/** What the scope keys of each category cover: the clock of the pack must be of this kind. */
export const categoryScopes: Readonly<Record<string, ScopeKind>> = {
  [memberCategory]: 'membership',
  [identityCategory]: 'membership',
  [behaviourCategory]: 'day',
  [activityCategory]: 'activity',
  [auditCategory]: 'month',
};
