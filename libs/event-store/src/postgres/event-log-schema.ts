import type { SchemaPart } from '@lacuna/runtime';
import { EventLog1795305600000 } from './migrations/event-log.migration.js';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The tables of the log. The runtime role reads, and appends through the one function; it cannot give out places
 * of its own, and has no right to change or remove an event.
 */
export const eventLogSchema: SchemaPart = {
  name: 'log',
  migrations: [EventLog1795305600000],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA log TO ${quoted(role)}`,
    `GRANT SELECT ON log.events, log.head TO ${quoted(role)}`,
    `GRANT EXECUTE ON FUNCTION log.append TO ${quoted(role)}`,
  ],
};
