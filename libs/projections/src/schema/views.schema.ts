import type { SchemaPart } from '@lacuna/runtime';
import { CreateViewBooks1795305600005 } from './views.migration.js';

const BOOKS = ['build', 'checkpoint', 'parked_stream', 'lease'].map((name) => `views.${name}`).join(', ');

/**
 * The views' books. The runtime role may make schemas: each build of the views, and each replay, fills one of its
 * own and drops it afterwards. All of it can be made again from the log, where this role may change nothing.
 */
export const viewsSchema: SchemaPart = {
  name: 'views',
  migrations: [CreateViewBooks1795305600005],
  grants: (role) => [
    `DO $grant$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), '${role}'); END $grant$`,
    `GRANT USAGE, CREATE ON SCHEMA views TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${BOOKS} TO ${role}`,
  ],
};
