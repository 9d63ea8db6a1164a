import { metaSchema, type SchemaPart } from '@lacuna/runtime';
import {
  RememberFirstPosition1795305600026,
  RememberLog1795305600025,
} from '../identity/log-identity.migration.js';
import { EventLog1795305600000 } from './migrations/event-log.migration.js';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The tables of the log. The runtime role reads, and appends through the one function; it cannot give out places
 * of its own, and has no right to change or remove an event. Which log a database follows it may say once.
 */
export const eventLogSchema: SchemaPart = {
  name: 'log',
  needs: [metaSchema],
  migrations: [EventLog1795305600000, RememberLog1795305600025, RememberFirstPosition1795305600026],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA log TO ${quoted(role)}`,
    `GRANT SELECT ON log.events, log.head TO ${quoted(role)}`,
    `GRANT SELECT, INSERT, UPDATE (first_event, first_position) ON meta.log TO ${quoted(role)}`,
    `GRANT EXECUTE ON FUNCTION log.append TO ${quoted(role)}`,
  ],
};
