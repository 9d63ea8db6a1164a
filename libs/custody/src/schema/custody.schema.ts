import type { SchemaPart } from '@lacuna/runtime';
import { CreateCustody1763800000000 } from './create-custody-1763800000000.migration.js';
import { OrderImportRejects1795370000000 } from './order-import-rejects-1795370000000.migration.js';

/** Tombstones stay: the runtime role can empty a key's row, and cannot take it away. */
export const custodySchema: SchemaPart = {
  name: 'custody',
  migrations: [CreateCustody1763800000000, OrderImportRejects1795370000000],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA custody TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA custody TO ${role}`,
    `GRANT DELETE ON custody.claims, custody.claims_open, custody.claims_next, custody.lookup_keys, custody.request_keys TO ${role}`,
    `GRANT DELETE ON custody.night_holders, custody.imports, custody.import_rejects TO ${role}`,
  ],
};
