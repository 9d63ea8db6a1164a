import { LacunaError } from '@lacuna/domain/kernel';
import { Client, DatabaseError } from 'pg';
import type { RecordedEvent } from '../event-store.port.js';
import { encodeEnvelope } from '../log/stored-event.js';
import { int8Array, textArray, uuidArray } from '../postgres/binary-array.js';
import type { LogLoader } from './log-loader.js';

// Positions follow the last one, without gaps; the head's time is the largest, whatever order the times come in.
const INSERT = `
  WITH placed AS (
    INSERT INTO log.events (position, revision, event_id, stream, type, recorded_at, body)
    SELECT h.position + e.place, e.revision, e.id, e.stream, e.type, e.recorded_at, e.body
      FROM log.head h, unnest($1::int8[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        WITH ORDINALITY AS e (revision, id, stream, type, recorded_at, body, place)
    RETURNING position, recorded_at
  )
  UPDATE log.head h
     SET position = p.position, recorded_at = greatest(h.recorded_at COLLATE "C", p.recorded_at COLLATE "C")
    FROM (SELECT max(position) AS position, max(recorded_at COLLATE "C") AS recorded_at FROM placed) p`;

const insert = async (client: Client, events: readonly RecordedEvent[]): Promise<void> => {
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM log.head FOR UPDATE');
  await client.query(INSERT, [
    int8Array(events.map((event) => event.revision)),
    uuidArray(events.map((event) => event.id)),
    textArray(events.map((event) => event.stream)),
    textArray(events.map((event) => event.type)),
    textArray(events.map((event) => event.recordedAt)),
    textArray(events.map(encodeEnvelope)),
  ]);
  await client.query("SELECT pg_notify('lacuna_log', '')");
  await client.query('COMMIT');
};

// Permission, duplicate, no such table: said by its number, since the details quote rows.
const refusal = (error: unknown): LacunaError => {
  if (!(error instanceof DatabaseError))
    return new LacunaError('STORE_UNAVAILABLE', 'PostgreSQL did not answer');
  const code = error.code ?? 'error';
  const hint = code === '42501' ? ': events are loaded as the owner of the log' : '';
  return new LacunaError('STORE_REFUSED', `PostgreSQL ${code}${hint}`);
};

/** As the owner of the log: the runtime role can neither place events nor give them a time. A commit per load. */
export const openPostgresLoader = async (ownerUrl: string): Promise<LogLoader> => {
  const client = new Client({ connectionString: ownerUrl, application_name: 'lacuna-copy-log' });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch {
    throw new LacunaError('STORE_UNAVAILABLE', 'PostgreSQL did not answer');
  }
  return {
    load: async (events) => {
      try {
        await insert(client, events);
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw refusal(error);
      }
    },
    close: () => client.end(),
  };
};
