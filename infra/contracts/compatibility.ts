import { isDeepStrictEqual } from 'node:util';
import type { SchemaDocument } from './json-schemas.js';

/** What consumers were last promised: every schema that was ever released, by its path. */
export type Baseline = Readonly<Record<string, SchemaDocument>>;

const ofField = (before: SchemaDocument, after: SchemaDocument, name: string): readonly string[] => {
  if (!Object.hasOwn(after.properties, name)) return [`${name} is gone`];
  const changed = !isDeepStrictEqual(before.properties[name], after.properties[name]);
  const lost = before.required.includes(name) && !after.required.includes(name);
  return [...(changed ? [`${name} has another form`] : []), ...(lost ? [`${name} may be missing`] : [])];
};

const ofSchema = (before: SchemaDocument, after: SchemaDocument): readonly string[] => [
  ...Object.keys(before.properties).flatMap((name) => ofField(before, after, name)),
  ...after.required
    .filter((name) => !before.required.includes(name))
    .map((name) => `${name} is required, and the records that are there may not have it`),
];

/**
 * What would break somebody. A topic holds records of the past beside new ones and is read by consumers of the past:
 * within a version a field may be added that need not be there, and nothing else. A form that gets wider breaks a
 * consumer, one that gets narrower breaks the records that are there: either is a new version.
 */
export const incompatibilities = (
  baseline: Baseline,
  current: ReadonlyMap<string, SchemaDocument>,
): readonly string[] =>
  Object.entries(baseline).flatMap(([path, before]) => {
    const after = current.get(path);
    if (after === undefined) return [`${path}: is gone, and records of it may be there`];
    return ofSchema(before, after).map((fault) => `${path}: ${fault}`);
  });
