import { LacunaError } from '@lacuna/domain/kernel';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { columnsOf, type Cell, type Row, type Table, type TableChanges } from '../engine/index.js';
import { createParts, dropParts, type RowTarget } from './part.store.js';
import { addSql, changeSql, copyInSql, loadSql, removeSql } from './table-sql.js';

// Below this an INSERT of arrays is one round trip less; above it COPY costs less per row.
const COPY_FROM_ROWS = 256;
const COPY_CHUNK_ROWS = 500;

const arrays = (rows: readonly Row[], columns: readonly string[]): (string | null)[][] =>
  columns.map((column) => rows.map((row) => textOf(row[column])));

const textOf = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined ? null : typeof cell === 'bigint' ? cell.toString() : cell;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const NEEDS_ESCAPE = /[\\\n\r\t]/;

const copyCell = (cell: Cell | undefined): string => {
  const text = textOf(cell);
  if (text === null) return '\\N';
  return NEEDS_ESCAPE.test(text) ? text.replace(/[\\\n\r\t]/g, (found) => ESCAPES[found] ?? found) : text;
};

function* copyText(of: Table, rows: readonly Row[]): Generator<string> {
  const columns = columnsOf(of);
  for (let start = 0; start < rows.length; start += COPY_CHUNK_ROWS) {
    let chunk = '';
    for (const row of rows.slice(start, start + COPY_CHUNK_ROWS))
      chunk += `${columns.map((column) => copyCell(row[column])).join('\t')}\n`;
    yield chunk;
  }
}

const readCell = (of: Table, column: string, cell: unknown): Cell => {
  if (cell === null) return null;
  return of.columns[column]?.startsWith('bigint') ? BigInt(cell as string) : (cell as string);
};

/** The active rows of the groups, for an event's operations to be folded over. */
export const loadGroups = async (
  client: ClientBase,
  schema: string,
  wanted: ReadonlyMap<Table, readonly Row[]>,
): Promise<ReadonlyMap<Table, readonly Row[]>> => {
  const loaded = new Map<Table, readonly Row[]>();
  for (const [of, groups] of wanted) {
    const found = await client.query<Record<string, unknown>>(loadSql(of, schema), arrays(groups, of.group));
    const columns = columnsOf(of);
    loaded.set(
      of,
      found.rows.map((row) =>
        Object.fromEntries(columns.map((column) => [column, readCell(of, column, row[column])])),
      ),
    );
  }
  return loaded;
};

const addRows = async (
  client: ClientBase,
  schema: string,
  of: Table,
  rows: readonly Row[],
): Promise<void> => {
  if (rows.length < COPY_FROM_ROWS) {
    await client.query(addSql(of, schema), arrays(rows, columnsOf(of)));
    return;
  }
  await pipeline(copyText(of, rows), client.query(copyFrom(copyInSql(of, schema))));
};

const changeRows = async (
  client: ClientBase,
  schema: string,
  of: Table,
  changed: readonly Row[],
): Promise<void> => {
  const { rowCount } = await client.query(changeSql(of, schema), arrays(changed, columnsOf(of)));
  if (rowCount !== changed.length)
    throw new LacunaError('ROW_MISSING', `${of.name}: ${rowCount ?? 0} of ${changed.length} rows changed`);
};

/**
 * Writes what a batch changed, in the caller's transaction, what belongs to parts last (changes come in that order),
 * and the dropping of parts at the end: from the making or dropping of one on, readers of that table wait. Fails with
 * `ROW_MISSING` where fewer rows changed than should, and as a lock does (55P03) where readers let no part come or go.
 */
export const writeChanges = async (target: RowTarget, changes: readonly TableChanges[]): Promise<void> => {
  const { client, schema } = target;
  for (const { table: of, removedGroups, changed, grownParts, added } of changes) {
    if (removedGroups.length > 0) await client.query(removeSql(of, schema), arrays(removedGroups, of.group));
    if (changed.length > 0) await changeRows(client, schema, of, changed);
    if (grownParts.length > 0) await createParts(target, of, grownParts);
    if (added.length > 0) await addRows(client, schema, of, added);
  }
  for (const { table: of, droppedParts } of changes)
    if (droppedParts.length > 0) await dropParts(target, of, droppedParts);
};
