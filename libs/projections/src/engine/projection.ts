import { LacunaError, type DomainEvent, type Sealed } from '@lacuna/domain/kernel';
import type { RecordedEvent } from '@lacuna/event-store';
import type { Operation } from './operation.js';
import type { Table } from './table.js';

/** An event as it is stored, brought to its newest schema: sealed values are there to be copied, never to be opened. */
export type LoggedEvent<E extends DomainEvent = DomainEvent> = Omit<RecordedEvent, 'type' | 'data'> &
  E &
  Fault;

/** Set where an event could not be brought to its newest schema: `EVENT_UNKNOWN` stops a view, all else its stream. */
type Fault = Readonly<{ fault?: LacunaError }>;

/** Brings a recorded event to its newest schema. Never fails: what it cannot read says so itself. */
export type EventReader = (event: RecordedEvent) => LoggedEvent;

/** The reader of a catalogue: each event is brought up once, for all views. */
export const eventReader =
  (catalogue: Readonly<{ upcast: (event: RecordedEvent) => DomainEvent }>): EventReader =>
  (event) => {
    try {
      const { data } = catalogue.upcast(event);
      return data === event.data ? event : { ...event, data };
    } catch (error) {
      const fault = error instanceof LacunaError ? error : new LacunaError('EVENT_INVALID');
      return { ...event, fault };
    }
  };

export const ignored = Symbol('ignored');

type Handler<E extends DomainEvent> = (event: LoggedEvent<E>) => Operation | readonly Operation[];

/** For every event of the catalogue what it does to a row, or that this view ignores it. Nothing is left unsaid. */
export type Handlers<E extends DomainEvent> = {
  readonly [Type in E['type']]: Handler<Extract<E, { type: Type }>> | typeof ignored;
};

export type Projection = Readonly<{
  name: string;
  version: number;
  /** With the closed parts of those that have parts: a digest covers both. */
  tables: readonly Table[];
  types: readonly string[];
  /** What the event does to rows. Fails with `EVENT_UNKNOWN` for a type that the view neither handles nor ignores. */
  operations: (event: LoggedEvent) => readonly Operation[];
}>;

type AnyHandler = (event: LoggedEvent) => Operation | readonly Operation[];

/**
 * A view: what each event does to its rows, nothing else. A change of what an event does, or of a table, is a new
 * version; that a new event does nothing is none, since no row can differ.
 */
export const projection = <E extends DomainEvent>(
  { name, version }: Readonly<{ name: string; version: number }>,
  tables: readonly Table[],
  handlers: Handlers<E>,
): Projection => {
  const byType = new Map(Object.entries(handlers as Record<string, AnyHandler | typeof ignored>));
  return {
    name,
    version,
    tables: tables.flatMap((one) => (one.closed ? [one, one.closed] : [one])),
    types: [...byType.keys()],
    operations: (event) => {
      if (event.fault) throw event.fault;
      const handler = byType.get(event.type);
      if (handler === undefined)
        throw new LacunaError('EVENT_UNKNOWN', `${name} neither handles nor ignores ${event.type}`);
      if (handler === ignored) return [];
      const operations = handler(event);
      return 'kind' in operations ? [operations] : operations;
    },
  };
};

/** A sealed value as a cell: copied as it stands. */
export const sealedCell = (value: Sealed | undefined): string | null => value?.sealed ?? null;

const sortedKeys = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** A JSON value as a cell: one text for one value (as RFC 8785 has it), whatever order its writer had. */
export const jsonCell = (value: readonly unknown[] | Readonly<Record<string, unknown>>): string =>
  JSON.stringify(value, sortedKeys);

/** A list of words as a cell. */
export const listCell = (list: readonly string[]): string => JSON.stringify(list);
