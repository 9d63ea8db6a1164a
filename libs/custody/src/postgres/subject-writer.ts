import { LacunaError, type Sealed } from '@lacuna/domain/kernel';
import type { SubjectWriter } from '../custody.port.js';
import type { KeyEntry } from '../keys/key-entry.js';
import { digestToUuid } from '../sealing/byte-string.js';
import { keyedDigest } from '../sealing/key-derivation.js';
import { seal } from '../sealing/sealed-value.js';

/** The id of a record whose link to the subject dies with the subject's key of this category. */
export const derivedId = (entry: KeyEntry, label: string): string =>
  digestToUuid(keyedDigest(entry.key('id'), label));

/** A stream's name part: 32 hex digits that only the holder of the key can tell from chance. */
export const derivedStream = (entry: KeyEntry, label: string): string =>
  keyedDigest(entry.key('stream'), label).toString('hex', 0, 16);

/** The keys of an `open`: ids and digests come from the membership's, values and streams from the category's scope. */
export type OpenKeys = Readonly<{
  names: ReadonlyMap<string, KeyEntry>;
  seals: ReadonlyMap<string, KeyEntry>;
}>;

const entryOf = (entries: ReadonlyMap<string, KeyEntry>, category: string): KeyEntry => {
  const entry = entries.get(category);
  if (entry) return entry;
  throw new LacunaError('CATEGORY_NOT_OPEN', `the writer was not opened for ${category}`);
};

export const subjectWriter = ({ names, seals }: OpenKeys, claims: readonly string[]): SubjectWriter => ({
  seal(category, field, eventId, plaintext): Sealed {
    const entry = entryOf(seals, category);
    const label = { keyRef: entry.owner.ref, field, eventId };
    return { sealed: seal(entry.use('seal'), entry.context, label, plaintext) };
  },
  digest: (category, payload) =>
    keyedDigest(entryOf(names, category).key('tag'), payload).toString('base64url', 0, 16),
  deriveId: (category, label) => derivedId(entryOf(names, category), label),
  deriveStream: (category, label) => derivedStream(entryOf(seals, category), label),
  claims,
});
