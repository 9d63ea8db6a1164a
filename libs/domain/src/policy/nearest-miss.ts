import type { Box, PolicyPack, Rule } from './pack.js';
import { FACT_NAMES, NO_FIELD, NO_PURPOSE } from './vocabulary.js';
import type { AccessRequest } from './access.js';

/** What a request lacks to lie in a box, by dimension. */
const lacks = (box: Box, request: AccessRequest, field: string): readonly string[] => {
  const facts = FACT_NAMES.filter(
    (name) => box.when[name] !== undefined && box.when[name] !== request.facts?.[name],
  );
  return [
    ...(box.roles.includes(request.role) ? [] : ['role']),
    ...(box.actions.includes(request.action) ? [] : ['action']),
    ...(box.purposes.includes(request.purpose ?? NO_PURPOSE) ? [] : ['purpose']),
    ...(box.fields.includes(field) ? [] : ['field']),
    ...facts,
  ];
};

type Miss = Readonly<{ rule: Rule; lacking: readonly string[] }>;

/** Of equally many, a rule of another role is the farther one. */
const distance = ({ lacking }: Miss): number => lacking.length * 2 + (lacking.includes('role') ? 1 : 0);

/** The allow that lacks the least; of equals the first in the pack. Null where the pack allows nothing at all. */
export const nearestMiss = (pack: PolicyPack, request: AccessRequest, field: string): string | null => {
  const misses = pack.rules
    .filter((rule) => rule.effect === 'allow')
    .flatMap((rule) => rule.boxes.map((box) => ({ rule, box })))
    .filter(({ box }) => box.fields.includes(NO_FIELD) === (field === NO_FIELD))
    .map(({ rule, box }): Miss => ({ rule, lacking: lacks(box, request, field) }));
  const nearest = misses.reduce<Miss | null>(
    (best, miss) => (best === null || distance(miss) < distance(best) ? miss : best),
    null,
  );
  return nearest === null ? null : `${nearest.rule.id}: ${nearest.lacking.join(', ')}`;
};
