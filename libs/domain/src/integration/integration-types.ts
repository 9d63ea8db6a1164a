import { catalogue, type Catalogue } from '../catalogue/index.js';
import type { EventDeclaration, JsonSchema } from '../kernel/index.js';
import type { IntegrationContext } from './integration-event.js';
import { publications, type Publication } from './publications.js';

/** A published type in its newest version, and the contract of its data. `schema: null`: a tombstone, which has none. */
export type IntegrationType = Readonly<{
  type: string;
  version: number;
  context: IntegrationContext;
  schema: JsonSchema | null;
}>;

const schemaOf = ({ schema }: EventDeclaration, fields: readonly string[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter(([name]) => fields.includes(name)),
  ),
  required: (schema.required ?? []).filter((name) => fields.includes(name)),
  additionalProperties: false,
});

/** What a catalogue publishes by a list, in the order of the list. */
export const publishedTypes = (
  events: Catalogue,
  list: Readonly<Record<string, Publication>>,
): readonly IntegrationType[] =>
  Object.entries(list).flatMap(([type, publication]) => {
    if (publication.as === 'private') return [];
    const newest = events.newest(type);
    const { context, fields } = publication;
    const schema = publication.as === 'tombstone' ? null : schemaOf(newest, fields);
    return [{ type, version: newest.version, context, schema }];
  });

export const integrationTypes = publishedTypes(catalogue, publications);
