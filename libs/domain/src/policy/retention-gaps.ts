import type { PolicyPack } from './pack.js';
import { scopeKind, type ScopeKind } from './retention.js';

/**
 * Categories that the log can hold data of and that this pack cannot end: it does not name them, or ends them by
 * another clock than their keys are made for (`scopes`). None may be left, or `RETENTION_UNKNOWN` (R023, R044): asked
 * at the start, and again by every sweep.
 */
export const retentionGaps = (
  pack: PolicyPack,
  categories: Iterable<string>,
  scopes: Readonly<Record<string, ScopeKind>> = {},
): readonly string[] =>
  [...categories].filter((category) => {
    if (!pack.categories.has(category)) return true;
    const scope = Object.hasOwn(scopes, category) ? scopes[category] : undefined;
    return scope !== undefined && scopeKind(pack, category) !== scope;
  });
