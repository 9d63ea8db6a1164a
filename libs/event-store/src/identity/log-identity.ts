import { LacunaError } from '@lacuna/domain/kernel';
import type { ClientBase, Pool } from 'pg';
import type { EventStore, Position } from '../event-store.port.js';

/** The first event of a log and the place it has there, which another engine or another server gives otherwise. */
export type FirstEvent = Readonly<{ id: string; position: Position }>;

/** What tells a log from another: its engine, and where which event stands first; `null`: it is empty. */
export type LogIdentity = Readonly<{ engine: 'postgres' | 'eventstoredb'; first: FirstEvent | null }>;

type Database = Pick<ClientBase | Pool, 'query'>;
type Row = Readonly<{ engine: string; first_event: string | null; first_position: string | null }>;

const firstEventOf = async (store: Pick<EventStore, 'readAll'>): Promise<FirstEvent | null> => {
  for await (const { events } of store.readAll(0n, { batchSize: 1 })) {
    const [first] = events;
    return first ? { id: first.id, position: first.position } : null;
  }
  return null;
};

export const readLogIdentity = async (
  store: Pick<EventStore, 'readAll'>,
  engine: LogIdentity['engine'],
): Promise<LogIdentity> => ({ engine, first: await firstEventOf(store) });

/** A name for whoever keeps positions of this log outside of it; `null`: it is empty. */
export const logNameOf = async (store: Pick<EventStore, 'readAll'>): Promise<string | null> => {
  const first = await firstEventOf(store);
  return first && `${first.position.toString()} ${first.id}`;
};

const valuesOf = ({ engine, first }: LogIdentity): readonly (string | null)[] => [
  engine,
  first?.id ?? null,
  first?.position.toString() ?? null,
];

// What is not known yet is filled in: of a log that was empty, and of one that was remembered without its place.
const REMEMBER = `
  UPDATE meta.log SET first_event = $2, first_position = $3
  WHERE engine = $1 AND (first_event IS NULL OR (first_event = $2 AND first_position IS NULL))`;

/**
 * Remembers the log that this database follows, or compares: views, reactor and relay hold positions of that one, and
 * in another the same number is another place. `LOG_CHANGED`: an operator moved the log and has not said so
 * (`adoptLog`), or the process was given the wrong one. A log that was empty is remembered once it is not.
 */
export const assertSameLog = async (database: Database, identity: LogIdentity): Promise<void> => {
  const values = [...valuesOf(identity)];
  await database.query(
    'INSERT INTO meta.log (engine, first_event, first_position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    values,
  );
  await database.query(REMEMBER, values);
  const { rows } = await database.query<Row>('SELECT engine, first_event, first_position FROM meta.log');
  const [row] = rows as readonly Row[];
  const known = [row?.engine, row?.first_event, row?.first_position];
  if (known.some((value, index) => value !== values[index]))
    throw new LacunaError(
      'LOG_CHANGED',
      'this database follows another log: give it that one, or run "npx lacuna adopt-log" to follow this one from its beginning',
    );
};

/** Follows this log from now on; the caller sets what counted in the other one back, in the same transaction. */
export const adoptLog = async (database: Database, identity: LogIdentity): Promise<void> => {
  await database.query(
    `INSERT INTO meta.log (engine, first_event, first_position) VALUES ($1, $2, $3)
     ON CONFLICT (single) DO UPDATE SET engine = excluded.engine, first_event = excluded.first_event,
       first_position = excluded.first_position`,
    [...valuesOf(identity)],
  );
};
