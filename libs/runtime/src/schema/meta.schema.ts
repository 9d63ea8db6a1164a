import { CreateClock1795305600001 } from '../clock/clock.migration.js';
import { CreateCursorKey1795305600024 } from '../cursor-key/cursor-key.migration.js';
import { CreateLease1795305600020 } from '../lease/lease.migration.js';
import { CreateProcessors1795305600021 } from '../processors/processor.migration.js';
import type { SchemaPart } from './schema-part.js';

/**
 * What belongs to the store as a whole: the clock it was born with (the runtime role can move a simulated one, and
 * never change its kind), who may act, and how the consumers of the log are.
 */
export const metaSchema: SchemaPart = {
  name: 'meta',
  migrations: [
    CreateClock1795305600001,
    CreateLease1795305600020,
    CreateProcessors1795305600021,
    CreateCursorKey1795305600024,
  ],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA meta TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE (simulated_at) ON meta.clock TO ${role}`,
    `GRANT SELECT ON meta.cursor_key TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE ON meta.lease TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON meta.processor TO ${role}`,
  ],
};
