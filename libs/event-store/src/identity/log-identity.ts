import { LacunaError } from '@lacuna/domain/kernel';
import type { ClientBase, Pool } from 'pg';
import type { EventStore } from '../event-store.port.js';

/** What tells a log from another: its engine, which gives the positions, and its first event; `null`: it is empty. */
export type LogIdentity = Readonly<{ engine: 'postgres' | 'eventstoredb'; firstEvent: string | null }>;

type Database = Pick<ClientBase | Pool, 'query'>;
type Row = Readonly<{ engine: string; first_event: string | null }>;

export const readLogIdentity = async (
  store: Pick<EventStore, 'readAll'>,
  engine: LogIdentity['engine'],
): Promise<LogIdentity> => {
  for await (const { events } of store.readAll(0n, { batchSize: 1 }))
    return { engine, firstEvent: events[0]?.id ?? null };
  return { engine, firstEvent: null };
};

/**
 * Remembers the log that this database follows, or compares: views, reactor and relay hold positions of that one, and
 * in another the same number is another place. `LOG_CHANGED`: an operator moved the log and has not said so
 * (`adoptLog`), or the process was given the wrong one. A log that was empty is remembered once it is not.
 */
export const assertSameLog = async (database: Database, identity: LogIdentity): Promise<void> => {
  const { engine, firstEvent } = identity;
  await database.query('INSERT INTO meta.log (engine, first_event) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    engine,
    firstEvent,
  ]);
  await database.query('UPDATE meta.log SET first_event = $2 WHERE engine = $1 AND first_event IS NULL', [
    engine,
    firstEvent,
  ]);
  const { rows } = await database.query<Row>('SELECT engine, first_event FROM meta.log');
  const [row] = rows as readonly Row[];
  if (row?.engine !== engine || row.first_event !== firstEvent)
    throw new LacunaError(
      'LOG_CHANGED',
      'this database follows another log: give it that one, or run "npx lacuna adopt-log" to follow this one from its beginning',
    );
};

/** Follows this log from now on; the caller sets what counted in the other one back, in the same transaction. */
export const adoptLog = async (database: Database, { engine, firstEvent }: LogIdentity): Promise<void> => {
  await database.query(
    `INSERT INTO meta.log (engine, first_event) VALUES ($1, $2)
     ON CONFLICT (single) DO UPDATE SET engine = excluded.engine, first_event = excluded.first_event`,
    [engine, firstEvent],
  );
};
