import { LacunaError } from '@lacuna/domain/kernel';
import { DatabaseError, type Client, type ClientBase } from 'pg';
import { buildsIn, progressOf, type StoredProgress } from '../build/build.store.js';
import type { Connect } from '../build/session.store.js';
import type { Projection } from '../engine/index.js';

/** What stands live, and where each view has come to. */
export type LiveViews = Readonly<{ schema: string; views: readonly StoredProgress[] }>;
/** The same, held still for as long as the session's transaction is open. */
export type PinnedViews = LiveViews & Readonly<{ client: Client }>;

/** `VIEW_BEHIND` where there are no live views of these versions. */
export const liveProgress = async (
  client: ClientBase,
  projections: readonly Projection[],
): Promise<LiveViews> => {
  const [live] = await buildsIn(client, 'live');
  if (!live) throw new LacunaError('VIEW_BEHIND', 'there are no live views yet');
  const views = await progressOf(client, live.id, projections);
  const isOther =
    views.length < projections.length ||
    views.some(({ version, projection }) => version !== projection.version);
  if (isOther) throw new LacunaError('VIEW_BEHIND', 'the live views are of another version');
  return { schema: live.schema, views };
};

// No snapshot brings back a partition that was dropped after it was taken: so the tables with parts are locked first
// (the statement takes no snapshot), and no part of theirs goes until the transaction ends.
const lockSql = (schema: string, projections: readonly Projection[]): readonly string[] =>
  projections
    .flatMap(({ tables }) => tables.filter(({ closed }) => closed !== null))
    .map(({ name }) => `LOCK TABLE ONLY ${schema}.${name} IN ACCESS SHARE MODE`);

const UNDEFINED = ['3F000', '42P01'];
const isGone = (error: unknown): boolean =>
  error instanceof DatabaseError && UNDEFINED.includes(error.code ?? '');

const tryToPin = async (client: Client, projections: readonly Projection[]): Promise<LiveViews | null> => {
  const { schema } = await liveProgress(client, projections);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    for (const statement of lockSql(schema, projections)) await client.query(statement);
    const pinned = await liveProgress(client, projections);
    if (pinned.schema === schema) return pinned;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  await client.query('ROLLBACK');
  return null;
};

const TRIES = 5;

/** A snapshot of the live rows and of their checkpoints, together, in a session of its own, which the caller ends. */
export const pinLive = async (connect: Connect, projections: readonly Projection[]): Promise<PinnedViews> => {
  const client = await connect();
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const pinned = await tryToPin(client, projections);
      if (pinned) return { client, ...pinned };
    }
    throw new LacunaError('VIEW_BEHIND', 'the live views are being switched');
  } catch (error) {
    await client.end();
    throw error;
  }
};
