import type { ErasureItem } from '@lacuna/domain/member';
import { erasurePlan, type PolicyPack } from '@lacuna/domain/policy';

/**
 * What goes and what stays, in the form of the events. When what stays will go is left open: the end of a real-name
 * record, to the day, beside its member's name would tie the two together again.
 */
export const planOf = (pack: PolicyPack): readonly ErasureItem[] =>
  erasurePlan(pack).map((item) => ({ ...item, basis: item.basis ?? '' }));
