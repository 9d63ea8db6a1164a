import type { Columns, Row, RowOf, Table } from './table.js';

/** What an event does to rows: plain data, so that a handler needs no store and a test no database. */
export type Operation =
  | Readonly<{ kind: 'insert'; table: Table; row: Row }>
  | Readonly<{
      kind: 'update' | 'update-all' | 'supersede';
      table: Table;
      match: Row;
      changes: Row;
    }>
  | Readonly<{ kind: 'remove'; table: Table; match: Row }>
  | Readonly<{ kind: 'close-part'; table: Table; match: Row }>;

type Match<C extends Columns> = Partial<RowOf<C>>;
type TypedTable<C extends Columns> = Table<C> & Table;

/** A new row; its key, and in a table that keeps what was, its group, must be free. */
export const insert = <C extends Columns>(table: TypedTable<C>, row: RowOf<NoInfer<C>>): Operation => ({
  kind: 'insert',
  table,
  row: row,
});

/** Changes the one active row that matches (the group's columns at least); that there is none is an error. */
export const update = <C extends Columns>(
  table: TypedTable<C>,
  match: Match<NoInfer<C>>,
  changes: Match<NoInfer<C>>,
): Operation => ({ kind: 'update', table, match: match as Row, changes: changes as Row });

/** Changes every active row that matches; there may be none. */
export const updateAll = <C extends Columns>(
  table: TypedTable<C>,
  match: Match<NoInfer<C>>,
  changes: Match<NoInfer<C>>,
): Operation => ({ kind: 'update-all', table, match: match as Row, changes: changes as Row });

/** Ends the row that holds, and lets a copy of it with the changes hold from this event's position on. */
export const supersede = <C extends Columns>(
  table: TypedTable<C>,
  match: Match<NoInfer<C>>,
  changes: Match<NoInfer<C>>,
): Operation => ({ kind: 'supersede', table, match: match as Row, changes: changes as Row });

/** Takes the whole group away, what was with what is. */
export const remove = <C extends Columns>(table: TypedTable<C>, match: Match<NoInfer<C>>): Operation => ({
  kind: 'remove',
  table,
  match: match as Row,
});

/**
 * Drops a part of the table with all its rows, and closes it: a row that comes for it later, or came in another
 * stream that waited, is dropped in silence, whichever was first. Closing it again changes nothing.
 */
export const closePart = <C extends Columns>(table: TypedTable<C>, part: Match<NoInfer<C>>): Operation => ({
  kind: 'close-part',
  table,
  match: part as Row,
});
