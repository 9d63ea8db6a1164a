import type { ClientBase } from 'pg';
import type { Projection, ViewProgress } from '../engine/index.js';
import { dropPartitionsIn } from './part.store.js';
import { inTransaction } from './session.store.js';
import { createSql, indexSql } from './table-sql.js';

export type BuildState = 'building' | 'live' | 'retired' | 'replay' | 'kept';
export type Build = Readonly<{ id: number; state: BuildState; versions: string; schema: string }>;

export const versionsOf = (projections: readonly Projection[]): string =>
  projections
    .map(({ name, version }) => `${name}@${version}`)
    .sort()
    .join(' ');

const schemaName = (id: number, state: BuildState): string =>
  `${state === 'replay' || state === 'kept' ? 'replay' : 'views'}_${id}`;

type BuildRow = Readonly<{ id: number; state: BuildState; versions: string }>;

export const buildsIn = async (
  client: ClientBase,
  ...states: readonly BuildState[]
): Promise<readonly Build[]> => {
  const { rows } = await client.query<BuildRow>(
    'SELECT id, state, versions FROM views.build WHERE state = ANY ($1) ORDER BY id',
    [states],
  );
  return rows.map((row) => ({ ...row, schema: schemaName(row.id, row.state) }));
};

// Our own half of PostgreSQL's two-part advisory locks: "lacu" in ASCII.
const REPLAY_LOCKS = 0x6c616375;

/** Who owns the books but is no superuser (a database of the caller's own) may read what the runtime role makes. */
const letOwnerRead = async (client: ClientBase, schema: string): Promise<void> => {
  const { rows } = await client.query<{ owner: string; other: boolean }>(
    `SELECT quote_ident(r.rolname) AS owner, r.rolname <> current_user AS other
     FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'views'`,
  );
  const [books] = rows;
  if (!books?.other) return;
  await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${books.owner}`);
  await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${books.owner}`);
};

/**
 * A new schema with empty tables, and checkpoints at the beginning. A replay's is not logged: it is only passing, and
 * it is somebody's for as long as the session that made it lives.
 */
export const createBuild = async (
  client: ClientBase,
  state: 'building' | 'replay',
  projections: readonly Projection[],
): Promise<Build> => {
  const versions = versionsOf(projections);
  return inTransaction(client, async () => {
    const { rows } = await client.query<{ id: number }>(
      'INSERT INTO views.build (state, versions) VALUES ($1, $2) RETURNING id',
      [state, versions],
    );
    const id = rows[0]?.id ?? 0;
    const schema = schemaName(id, state);
    if (state === 'replay') await client.query('SELECT pg_advisory_lock($1, $2)', [REPLAY_LOCKS, id]);
    await client.query(`CREATE SCHEMA ${schema}`);
    for (const table of projections.flatMap(({ tables }) => tables))
      await client.query(createSql(table, schema, state === 'building'));
    await letOwnerRead(client, schema);
    await client.query(
      'INSERT INTO views.checkpoint (build, view, version) SELECT $1, * FROM unnest($2::text[], $3::integer[])',
      [id, projections.map(({ name }) => name), projections.map(({ version }) => version)],
    );
    return { id, state, versions, schema };
  });
};

/** Makes the indexes that a filled build still lacks. Safe to repeat. */
export const finishIndexes = async (
  client: ClientBase,
  { schema }: Build,
  projections: readonly Projection[],
): Promise<void> => {
  for (const table of projections.flatMap(({ tables }) => tables)) {
    const wanted = indexSql(table, schema);
    const { rows } = await client.query<{ made: number }>(
      'SELECT count(*)::integer AS made FROM pg_indexes WHERE schemaname = $1 AND tablename = $2',
      [schema, table.name],
    );
    const already = (rows[0]?.made ?? 0) - (table.group.length > 0 ? 1 : 0);
    for (const statement of wanted.slice(already)) await client.query(statement);
    await client.query(`ANALYZE ${schema}.${table.name}`);
  }
};

// Who reads for longer than this keeps its old rows; whoever waits behind us is not kept waiting with us.
const LOCK_WAIT = "SET LOCAL lock_timeout = '2s'";

/** Points the stable names at this build and retires the one before. Only whole: in the caller's transaction. */
export const makeLive = async (
  client: ClientBase,
  { id, schema }: Build,
  projections: readonly Projection[],
): Promise<void> => {
  await client.query(LOCK_WAIT);
  for (const { name } of projections.flatMap(({ tables }) => tables)) {
    await client.query(`DROP VIEW IF EXISTS views.${name}`);
    await client.query(`CREATE VIEW views.${name} AS SELECT * FROM ${schema}.${name}`);
  }
  await client.query("UPDATE views.build SET state = 'retired' WHERE state = 'live'");
  await client.query("UPDATE views.build SET state = 'live' WHERE id = $1", [id]);
};

/**
 * Drops a build's rows and books. It may hold rows that were dropped elsewhere since: nothing of it may stay. Broken
 * off, the next call goes on.
 */
export const dropBuild = async (client: ClientBase, { id, schema }: Build): Promise<void> => {
  await dropPartitionsIn(client, schema);
  await inTransaction(client, async () => {
    await client.query(LOCK_WAIT);
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.query('DELETE FROM views.build WHERE id = $1', [id]);
  });
};

type CheckpointRow = Readonly<{
  view: string;
  version: number;
  position: string;
  state: string;
  parked: string[] | null;
}>;
export type StoredProgress = ViewProgress & Readonly<{ version: number; state: string }>;

/** How far each of the views has come in a build, and what is parked there. */
export const progressOf = async (
  client: ClientBase,
  build: number,
  projections: readonly Projection[],
): Promise<readonly StoredProgress[]> => {
  const { rows } = await client.query<CheckpointRow>(
    `SELECT c.view, c.version, c.position, c.state, array_agg(p.stream) FILTER (WHERE p.stream IS NOT NULL) AS parked
     FROM views.checkpoint c LEFT JOIN views.parked_stream p ON p.build = c.build AND p.view = c.view
     WHERE c.build = $1 GROUP BY c.build, c.view`,
    [build],
  );
  return projections.flatMap((projection) => {
    const row = rows.find(({ view }) => view === projection.name);
    if (!row) return [];
    const { version, state, parked } = row;
    return { projection, version, state, position: BigInt(row.position), parked: new Set(parked ?? []) };
  });
};

/** A new start for views that had failed: the code may know by now what it did not. */
export const reviveFailed = async (client: ClientBase, build: number): Promise<void> => {
  await client.query(
    "UPDATE views.checkpoint SET state = 'booting', reason = NULL WHERE build = $1 AND state = 'failed'",
    [build],
  );
};

/** Views that have come to the head of the log need no event to say so. */
export const markCaughtUp = async (client: ClientBase, build: number, head: bigint): Promise<void> => {
  await client.query(
    "UPDATE views.checkpoint SET state = 'live' WHERE build = $1 AND state = 'booting' AND position >= $2",
    [build, head.toString()],
  );
};

/** An operator stops a view, or lets it go on; the runner follows within a third of its lease's time. */
export const setPaused = async (client: ClientBase, view: string, paused: boolean): Promise<void> => {
  await client.query(
    `UPDATE views.checkpoint c SET state = $2, reason = NULL FROM views.build b
     WHERE b.id = c.build AND b.state = 'live' AND c.view = $1 AND (c.state = 'paused') <> ($2 = 'paused')`,
    [view, paused ? 'paused' : 'booting'],
  );
};

/**
 * Drops the schemas of replays whose session is gone: they may hold rows that were dropped elsewhere since. What
 * another role made is that role's to drop, in its next replay.
 */
export const dropAbandonedReplays = async (client: ClientBase): Promise<void> => {
  for (const build of await buildsIn(client, 'replay')) {
    const { rows } = await client.query<{ free: boolean }>(
      `SELECT coalesce((SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = $3), true)
          AND pg_try_advisory_lock($1, $2) AS free`,
      [REPLAY_LOCKS, build.id, build.schema],
    );
    if (!rows[0]?.free) continue;
    await dropBuild(client, build);
    await client.query('SELECT pg_advisory_unlock($1, $2)', [REPLAY_LOCKS, build.id]);
  }
};
