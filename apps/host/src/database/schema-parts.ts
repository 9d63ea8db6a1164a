import { reactorSchema } from '@lacuna/application';
import { custodySchema } from '@lacuna/custody';
import { eventLogSchema } from '@lacuna/event-store';
import { viewsSchema } from '@lacuna/projections';
import { metaSchema, type SchemaPart } from '@lacuna/runtime';

/** All tables of a store: what `migrate` makes, and what every app expects to find, no less and no more. */
export const schemaParts: readonly SchemaPart[] = [
  metaSchema,
  eventLogSchema,
  custodySchema,
  reactorSchema,
  viewsSchema,
];
