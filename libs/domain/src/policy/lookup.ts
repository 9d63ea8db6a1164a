import { LacunaError } from '@lacuna/domain/kernel';
import type { Cite, CitedPlace, Field, PolicyPack, Title } from './pack.js';

const fieldOf = (pack: PolicyPack, name: string): Field => {
  const field = pack.fields.get(name);
  if (field === undefined) throw new LacunaError('FIELD_UNKNOWN', `${pack.id} has no field "${name}"`);
  return field;
};

export const levelOf = (pack: PolicyPack, field: string): string => fieldOf(pack, field).level;

export const categoryOf = (pack: PolicyPack, field: string): string => fieldOf(pack, field).category;

/** Fields that belong to one holder at a time: each is a kind of claim. */
export const uniqueFields = (pack: PolicyPack): readonly string[] =>
  [...pack.fields].filter(([, field]) => field.unique).map(([name]) => name);

/** Every place of the pack that cites a clause. */
export const rulesOf = (pack: PolicyPack): readonly CitedPlace[] => pack.cited;

/** The clause that a place of the pack cites: `deadlines.correction`. */
export const citeOf = (pack: PolicyPack, id: string): Cite | null =>
  pack.cited.find((place) => place.id === id)?.cite ?? null;

export type TitleKind =
  'role' | 'purpose' | 'field' | 'category' | 'channel' | 'provenance' | 'hold' | 'reason';

const titlesOf = (
  pack: PolicyPack,
  kind: TitleKind,
): ReadonlyMap<string, Title | Readonly<{ title: Title }>> => {
  switch (kind) {
    case 'role':
      return pack.roles;
    case 'purpose':
      return pack.purposes;
    case 'field':
      return pack.fields;
    case 'category':
      return pack.categories;
    case 'channel':
      return pack.channels.entries;
    case 'provenance':
      return pack.provenance.entries;
    case 'hold':
      return pack.holds;
    case 'reason':
      return pack.erasure.reasons;
  }
};

/** The regulation's word for a name of the pack; a name it does not have stands for itself (an older pack's event). */
export const titleOf = (pack: PolicyPack, kind: TitleKind, name: string): Title => {
  const entry = titlesOf(pack, kind).get(name);
  if (entry === undefined) return { zh: name, en: name };
  return 'title' in entry ? entry.title : entry;
};
