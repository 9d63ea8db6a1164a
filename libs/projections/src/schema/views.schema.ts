import { metaSchema, type SchemaPart } from '@lacuna/runtime';
import { CreateViewBooks1795305600005, MoveLeasesOut1795305600022 } from './views.migration.js';

const BOOKS = ['build', 'checkpoint', 'parked_stream'].map((name) => `views.${name}`).join(', ');

/**
 * The views' books. The runtime role may make schemas: each build of the views, and each replay, fills one of its
 * own and drops it afterwards. All of it can be made again from the log, where this role may change nothing.
 */
export const viewsSchema: SchemaPart = {
  name: 'views',
  // Who may move a view stands in `meta.lease`.
  needs: [metaSchema],
  migrations: [CreateViewBooks1795305600005, MoveLeasesOut1795305600022],
  grants: (role) => [
    `DO $grant$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), '${role}'); END $grant$`,
    `GRANT USAGE, CREATE ON SCHEMA views TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${BOOKS} TO ${role}`,
  ],
};
