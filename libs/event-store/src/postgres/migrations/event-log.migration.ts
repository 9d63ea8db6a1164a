import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'CREATE SCHEMA log',
  // recorded_at is text: `1998-06-30T16:00:00.000Z` sorts as it reads, and what was given comes back to the letter.
  `CREATE TABLE log.events (
     position bigint PRIMARY KEY,
     revision bigint NOT NULL,
     event_id uuid NOT NULL UNIQUE,
     stream text COLLATE "C" NOT NULL,
     type text COLLATE "C" NOT NULL,
     recorded_at text COLLATE "C" NOT NULL,
     body text COLLATE "C" NOT NULL,
     UNIQUE (stream, revision)
   )`,
  // One row: the end of the log, and the lock under which places are given out. Its page keeps room for new versions.
  `CREATE TABLE log.head (
     single boolean PRIMARY KEY DEFAULT true CHECK (single),
     position bigint NOT NULL,
     recorded_at text COLLATE "C" NOT NULL
   ) WITH (fillfactor = 10)`,
  `INSERT INTO log.head (position, recorded_at) VALUES (0, '')`,
];

/**
 * Many requests, one commit. The lock is a statement of its own: the snapshot of a statement is older than a lock it
 * takes, so that reading the head or a stream's end in the statement that locks gave duplicate places.
 * `expected`: a revision, -1 for none, -2 for any. At most one request per stream, no event id twice: the caller sees
 * to that. Index scans only, and one plan for all: a plan made for an empty table would scan a full one.
 */
const APPEND = `
CREATE FUNCTION log.append(
  streams text[], expected bigint[], clocks text[],
  requests int[], ids uuid[], types text[], bodies text[]
) RETURNS TABLE (request int, outcome text, revision bigint, "position" bigint, recorded_at text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
  head_position bigint;
  head_time text;
BEGIN
  SELECT h.position, h.recorded_at INTO STRICT head_position, head_time FROM log.head h FOR UPDATE;

  RETURN QUERY
  WITH incoming AS (
    SELECT i.request, i.ordinal, row_number() OVER (PARTITION BY i.request ORDER BY i.ordinal) AS place
      FROM unnest(requests) WITH ORDINALITY AS i (request, ordinal)
  ), found AS (
    SELECT i.request, i.ordinal, i.place, k.position, k.recorded_at, k.revision,
           k.stream = streams[i.request] AS is_here,
           CASE WHEN i.place = 1 THEN (
             SELECT e.revision FROM log.events e
              WHERE e.stream = streams[i.request] ORDER BY e.revision DESC LIMIT 1) END AS last
      FROM incoming i
      LEFT JOIN LATERAL (SELECT * FROM log.events e WHERE e.event_id = ids[i.ordinal] LIMIT 1) k ON true
  ), grouped AS (
    SELECT f.request, f.ordinal, f.place, f.position, f.recorded_at, f.revision,
           count(*) OVER whole AS size, max(f.last) OVER whole AS last,
           count(f.position) OVER whole AS known,
           bool_and(f.is_here) OVER whole AND min(f.revision - f.place) OVER whole
             = max(f.revision - f.place) OVER whole AS in_order
      FROM found f WINDOW whole AS (PARTITION BY f.request)
  ), judged AS (
    SELECT g.*,
           CASE WHEN g.known = g.size AND g.in_order THEN 'known'
                WHEN g.known > 0 THEN 'reused'
                WHEN expected[g.request] IN (-2, coalesce(g.last, -1)) THEN 'appended'
                ELSE 'conflict' END AS outcome
      FROM grouped g
  ), placed AS MATERIALIZED (
    SELECT j.request, j.ordinal, j.place, j.size, j.last, j.outcome, j.position, j.recorded_at, j.revision,
           head_position + count(*) FILTER (WHERE j.outcome = 'appended') OVER earlier AS new_position,
           greatest(head_time COLLATE "C", max(clocks[j.request] COLLATE "C")
             FILTER (WHERE j.outcome = 'appended') OVER earlier) AS new_time,
           coalesce(j.last, -1) + j.place AS new_revision
      FROM judged j WINDOW earlier AS (ORDER BY j.request, j.place)
  ), written AS (
    INSERT INTO log.events (position, revision, event_id, stream, type, recorded_at, body)
    SELECT p.new_position, p.new_revision, ids[p.ordinal], streams[p.request], types[p.ordinal], p.new_time,
           bodies[p.ordinal]
      FROM placed p WHERE p.outcome = 'appended'
  )
  SELECT p.request, p.outcome,
         CASE p.outcome WHEN 'appended' THEN p.new_revision WHEN 'known' THEN p.revision ELSE p.last END,
         CASE p.outcome WHEN 'appended' THEN p.new_position WHEN 'known' THEN p.position END,
         CASE p.outcome WHEN 'appended' THEN p.new_time WHEN 'known' THEN p.recorded_at END
    FROM placed p WHERE p.place = p.size ORDER BY p.request;

  UPDATE log.head h SET position = e.position, recorded_at = e.recorded_at
    FROM (SELECT l.position, l.recorded_at FROM log.events l ORDER BY l.position DESC LIMIT 1) e
   WHERE h.position < e.position;
  IF FOUND THEN
    PERFORM pg_notify('lacuna_log', '');
  END IF;
END
$function$`;

/** The log: append-only tables and the one function that writes them. */
export class EventLog1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, APPEND]) await runner.query(statement);
    // PostgreSQL lets everybody execute a new function.
    await runner.query('REVOKE ALL ON FUNCTION log.append FROM PUBLIC');
  }

  async down(): Promise<void> {
    // A log is not taken back: the migrator leaves it to a person to drop the schema.
    await Promise.reject(new Error('the event log has no way back'));
  }
}
