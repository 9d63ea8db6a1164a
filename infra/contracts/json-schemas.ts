import { schemaId } from '@lacuna/contracts';
import { integrationTypes, type IntegrationType } from '@lacuna/domain/integration';
import type { JsonSchema } from '@lacuna/domain/kernel';
import { typeMeanings } from './meanings.js';

/** A JSON Schema document, draft 2020-12. */
export type SchemaDocument = Readonly<Record<string, unknown>> &
  Readonly<{ properties: Readonly<Record<string, unknown>>; required: readonly string[] }>;

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/** `member/MemberRegistered.v1.json`: the same for ever, an older version stays beside a newer one. */
export const schemaPath = ({ context, type, version }: IntegrationType): string =>
  `${context}/${type}.v${String(version)}.json`;

/** As a consumer should read it: a field that is added later is no fault, so nothing says that there are no others. */
const openEnded = (schema: JsonSchema): JsonSchema => {
  const { properties, items } = schema;
  const kept = Object.entries(schema).filter(([keyword]) => keyword !== 'additionalProperties');
  return {
    ...(Object.fromEntries(kept) as JsonSchema),
    ...(properties === undefined ? {} : { properties: openEndedEach(properties) }),
    ...(items === undefined ? {} : { items: openEnded(items) }),
  };
};

const openEndedEach = (
  properties: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, openEnded(schema)]));

const documentOf = (published: IntegrationType, schema: JsonSchema): SchemaDocument => ({
  $schema: DRAFT,
  $id: schemaId(published),
  title: `${published.type}, version ${String(published.version)}`,
  description: typeMeanings[published.type] ?? '',
  type: 'object',
  properties: openEndedEach(schema.properties ?? {}),
  required: schema.required ?? [],
});

/** The schema of every published type in the version that is written now, by its path. A tombstone has no data. */
export const schemaDocuments = (
  types: readonly IntegrationType[] = integrationTypes,
): ReadonlyMap<string, SchemaDocument> =>
  new Map(
    types.flatMap((published) =>
      published.schema === null ? [] : [[schemaPath(published), documentOf(published, published.schema)]],
    ),
  );
