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
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
  head_position bigint;
  head_time text;
BEGIN
  SELECT h.position, h.recorded_at INTO STRICT head_position, head_time FROM log.head h FOR UPDATE;

  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT a.ordinal::int AS request, a.stream, a.expected, a.clock COLLATE "C" AS clock,
           (SELECT e.revision FROM log.events e
             WHERE e.stream = a.stream ORDER BY e.revision DESC LIMIT 1) AS last
      FROM unnest(streams, expected, clocks) WITH ORDINALITY AS a (stream, expected, clock, ordinal)
  ), incoming AS MATERIALIZED (
    SELECT i.request, i.id, i.type, i.body,
           row_number() OVER (PARTITION BY i.request ORDER BY i.ordinal) AS place,
           count(*) OVER (PARTITION BY i.request) AS size
      FROM unnest(requests, ids, types, bodies) WITH ORDINALITY AS i (request, id, type, body, ordinal)
  ), known AS MATERIALIZED (
    SELECT i.request, max(e.revision) AS revision, max(e.position) AS position, max(e.recorded_at) AS recorded_at,
           count(*) = max(i.size) AND bool_and(e.stream = streams[i.request])
             AND min(e.revision - i.place) = max(e.revision - i.place) AS same_run
      FROM incoming i JOIN log.events e ON e.event_id = i.id
     GROUP BY i.request
  ), judged AS MATERIALIZED (
    SELECT a.request, a.stream, a.last, a.clock, k.revision, k.position, k.recorded_at,
           CASE WHEN k.same_run THEN 'known'
                WHEN k.request IS NOT NULL THEN 'reused'
                WHEN a.expected IN (-2, coalesce(a.last, -1)) THEN 'appended'
                ELSE 'conflict' END AS outcome
      FROM asked a LEFT JOIN known k ON k.request = a.request
  ), accepted AS MATERIALIZED (
    SELECT j.request, j.stream, coalesce(j.last, -1) AS last, i.size,
           head_position + sum(i.size) OVER earlier AS position,
           greatest(head_time COLLATE "C", max(j.clock) OVER earlier) AS recorded_at
      FROM judged j JOIN incoming i ON i.request = j.request AND i.place = 1
     WHERE j.outcome = 'appended'
    WINDOW earlier AS (ORDER BY j.request)
  ), written AS (
    INSERT INTO log.events (position, revision, event_id, stream, type, recorded_at, body)
    SELECT a.position - a.size + i.place, a.last + i.place, i.id, a.stream, i.type, a.recorded_at, i.body
      FROM accepted a JOIN incoming i ON i.request = a.request
     ORDER BY 1
  )
  SELECT j.request, j.outcome,
         CASE j.outcome WHEN 'appended' THEN a.last + a.size WHEN 'known' THEN j.revision ELSE j.last END,
         coalesce(a.position, j.position)::bigint,
         coalesce(a.recorded_at, j.recorded_at)
    FROM judged j LEFT JOIN accepted a ON a.request = j.request
   ORDER BY j.request;

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
