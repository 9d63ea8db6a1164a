import { LacunaError } from '@lacuna/domain/kernel';
import type { Operation } from './operation.js';
import { checkRow, groupKey, isActive, rowKey, type Row, type Table } from './table.js';

/** The rows of one group: those that stood in the database, and those that shall stand there. */
type Group = Readonly<{
  table: Table;
  loaded: readonly Row[];
  rows: readonly Row[];
  cleared: boolean;
  match: Row;
}>;

/** Rows of a batch in memory. It holds every group that the batch's operations name, loaded beforehand. */
export type WorkingSet = Readonly<{ groups: Map<string, Group>; appended: Map<Table, Row[]> }>;

/** What a batch leaves to be written, per table: groups to delete, then rows to change, then rows to add. */
export type TableChanges = Readonly<{
  table: Table;
  removedGroups: readonly Row[];
  changed: readonly Row[];
  added: readonly Row[];
}>;

const targetOf = (operation: Operation): Row =>
  operation.kind === 'insert' ? operation.row : operation.match;

/** One row per group that must be loaded before these operations can be folded. */
export const groupsToLoad = (operations: Iterable<Operation>): ReadonlyMap<Table, readonly Row[]> => {
  const seen = new Set<string>();
  const wanted = new Map<Table, Row[]>();
  for (const operation of operations) {
    const { table } = operation;
    if (table.group.length === 0) continue;
    const key = groupKey(table, targetOf(operation));
    if (seen.has(key)) continue;
    seen.add(key);
    const rows = wanted.get(table);
    if (rows) rows.push(targetOf(operation));
    else wanted.set(table, [targetOf(operation)]);
  }
  return wanted;
};

export const workingSet = (loaded: ReadonlyMap<Table, readonly Row[]> = new Map()): WorkingSet => {
  const groups = new Map<string, Group>();
  for (const [table, rows] of loaded) {
    for (const row of rows) {
      const key = groupKey(table, row);
      const before = groups.get(key)?.loaded ?? [];
      const now = [...before, row];
      groups.set(key, { table, loaded: now, rows: now, cleared: false, match: row });
    }
  }
  return { groups, appended: new Map() };
};

const matches = (row: Row, match: Row): boolean =>
  Object.entries(match).every(([column, cell]) => row[column] === cell);

const notThere = (table: Table): LacunaError =>
  new LacunaError('ROW_MISSING', `${table.name} has no row for this event`);

const inserted = ({ table, rows }: Group, row: Row): readonly Row[] => {
  const isTaken = table.held
    ? rows.some((other) => isActive(table, other))
    : rows.some((other) => rowKey(table, other) === rowKey(table, row));
  if (isTaken) throw new LacunaError('ROW_EXISTS', `${table.name} has this row already`);
  return [...rows, checkRow(table, row)];
};

const changed = (group: Group, operation: Extract<Operation, { changes: Row }>): readonly Row[] => {
  const isTarget = (row: Row): boolean => isActive(group.table, row) && matches(row, operation.match);
  const count = group.rows.filter(isTarget).length;
  if (operation.kind === 'update' && count !== 1) throw notThere(group.table);
  return count === 0
    ? group.rows
    : group.rows.map((row) =>
        isTarget(row) ? checkRow(group.table, { ...row, ...operation.changes }) : row,
      );
};

const superseded = (
  { table, rows }: Group,
  { match, changes }: Extract<Operation, { changes: Row }>,
  position: bigint,
): readonly Row[] => {
  const { held } = table;
  const current = rows.find((row) => isActive(table, row) && matches(row, match));
  if (!held || !current) throw notThere(table);
  const ended = rows.map((row) => (row === current ? { ...row, [held.to]: position } : row));
  return [...ended, checkRow(table, { ...current, ...changes, [held.from]: position, [held.to]: null })];
};

const reduce = (group: Group, operation: Operation, position: bigint): Group => {
  switch (operation.kind) {
    case 'insert':
      return { ...group, rows: inserted(group, operation.row) };
    case 'update':
    case 'update-all':
      return { ...group, rows: changed(group, operation) };
    case 'supersede':
      return { ...group, rows: superseded(group, operation, position) };
    case 'remove':
      return { ...group, rows: [], cleared: true };
  }
};

const append = (set: WorkingSet, { table, row }: Extract<Operation, { kind: 'insert' }>): void => {
  const rows = set.appended.get(table);
  if (rows) rows.push(row);
  else set.appended.set(table, [row]);
};

/** Applies all operations of one event, or none of them: it throws before anything has moved. */
export const applyOperations = (
  set: WorkingSet,
  operations: readonly Operation[],
  position: bigint,
): void => {
  const staged = new Map<string, Group>();
  const appended: Extract<Operation, { kind: 'insert' }>[] = [];
  for (const operation of operations) {
    const { table } = operation;
    if (table.group.length === 0) {
      if (operation.kind !== 'insert') throw new LacunaError('TABLE_INVALID', `${table.name} only grows`);
      checkRow(table, operation.row);
      appended.push(operation);
      continue;
    }
    const match = targetOf(operation);
    const key = groupKey(table, match);
    const fresh: Group = { table, loaded: [], rows: [], cleared: false, match };
    staged.set(key, reduce(staged.get(key) ?? set.groups.get(key) ?? fresh, operation, position));
  }
  for (const [key, group] of staged) set.groups.set(key, group);
  for (const operation of appended) append(set, operation);
};

type MutableChanges = { removedGroups: Row[]; changed: Row[]; added: Row[] };

const sortGroup = (group: Group, into: MutableChanges): void => {
  if (group.cleared) {
    into.removedGroups.push(group.match);
    into.added.push(...group.rows);
    return;
  }
  const before = new Map(group.loaded.map((row) => [rowKey(group.table, row), row]));
  for (const row of group.rows) {
    const stood = before.get(rowKey(group.table, row));
    if (stood === undefined) into.added.push(row);
    else if (stood !== row) into.changed.push(row);
  }
};

export const changesOf = (set: WorkingSet): readonly TableChanges[] => {
  const perTable = new Map<Table, MutableChanges>();
  const of = (table: Table): MutableChanges => {
    const found = perTable.get(table) ?? { removedGroups: [], changed: [], added: [] };
    perTable.set(table, found);
    return found;
  };
  for (const group of set.groups.values()) sortGroup(group, of(group.table));
  for (const [table, rows] of set.appended) of(table).added = rows;
  return [...perTable].map(([table, changes]) => ({ table, ...changes }));
};

/** The rows that would stand after the changes; a database of the tests that need none. */
export const rowsOf = (set: WorkingSet, table: Table): readonly Row[] =>
  table.group.length === 0
    ? (set.appended.get(table) ?? [])
    : [...set.groups.values()].filter((group) => group.table === table).flatMap((group) => [...group.rows]);
