import type { OpenRequest } from '../custody.port.js';
import { MEMBERSHIP } from '../sealing/key-derivation.js';
import type { ScopeSlot } from './key-opener.js';

/** The scope that a request seals a category under where it is another than the membership's. */
export const ownScope = (request: OpenRequest, category: string): string | null => {
  const { scopes } = request;
  return scopes && Object.hasOwn(scopes, category) ? (scopes[category] ?? null) : null;
};

/** The scopes a request needs keys of: the membership's of each category, for its names, and those it seals under. */
export const scopesOf = (request: OpenRequest): readonly ScopeSlot[] =>
  request.categories.flatMap((category) => {
    const own = ownScope(request, category);
    const scopes = own === null ? [MEMBERSHIP] : [MEMBERSHIP, own];
    return scopes.map((scope) => ({ tenant: request.tenant, category, scope }));
  });

export const slotName = ({ tenant, category, scope }: ScopeSlot): string => `${tenant} ${category} ${scope}`;

export const uniqueSlots = (slots: readonly ScopeSlot[]): readonly ScopeSlot[] => [
  ...new Map(slots.map((slot) => [slotName(slot), slot])).values(),
];

/** The subjects whose fences a batch asks, and the scopes: the parameters of `factsQuery`. */
export const askedOf = (requests: readonly OpenRequest[]): string[][] => {
  const all = requests.flatMap((request) =>
    [request.subject, ...(request.alsoLive ?? [])].map((subject) => ({ tenant: request.tenant, subject })),
  );
  const subjects = [...new Map(all.map((id) => [`${id.tenant} ${id.subject}`, id])).values()];
  const scopes = uniqueSlots(requests.flatMap(scopesOf));
  return [
    subjects.map((id) => id.tenant),
    subjects.map((id) => id.subject),
    scopes.map((slot) => slot.tenant),
    scopes.map((slot) => slot.category),
    scopes.map((slot) => slot.scope),
  ];
};
