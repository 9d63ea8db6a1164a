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

/** New rows of one part, or the part as it goes. */
type Part = { readonly table: Table; readonly match: Row; rows: Row[]; isDropped: boolean };

/** Rows of a batch in memory. It holds every group that the batch's operations name, loaded beforehand. */
export type WorkingSet = Readonly<{
  groups: Map<string, Group>;
  appended: Map<Table, Row[]>;
  parts: Map<string, Part>;
}>;

/**
 * What a batch leaves to be written, per table: groups to delete, then rows to change, then rows to add. Where a table
 * has parts: those that get rows (the rows of one part stand together), and those that are dropped, never the same.
 */
export type TableChanges = Readonly<{
  table: Table;
  grownParts: readonly Row[];
  droppedParts: readonly Row[];
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
    // Of a part only whether it is closed is asked: its rows are never loaded.
    const table = operation.table.closed ?? operation.table;
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
  return { groups, appended: new Map(), parts: new Map() };
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

type ClosePart = Extract<Operation, { kind: 'close-part' }>;

const reduce = (group: Group, operation: Exclude<Operation, ClosePart>, position: bigint): Group => {
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

type Insert = Extract<Operation, { kind: 'insert' }>;
type Staged = Readonly<{ groups: Map<string, Group>; appended: Insert[]; closing: ClosePart[] }>;

const onlyGrows = (table: Table): LacunaError =>
  new LacunaError(
    'TABLE_INVALID',
    `${table.name} ${table.closed ? 'only grows and loses parts' : 'only grows'}`,
  );

const stageGroup = (
  set: WorkingSet,
  staged: Staged,
  { table, match }: Pick<Group, 'table' | 'match'>,
  change: (group: Group) => Group,
): void => {
  const key = groupKey(table, match);
  const fresh: Group = { table, loaded: [], rows: [], cleared: false, match };
  staged.groups.set(key, change(staged.groups.get(key) ?? set.groups.get(key) ?? fresh));
};

/** A part that is closed has a row that says so, for ever. */
const stageClosing = (set: WorkingSet, staged: Staged, operation: ClosePart): void => {
  const { table, match } = operation;
  const { closed } = table;
  if (!closed) throw onlyGrows(table);
  stageGroup(set, staged, { table: closed, match }, (group) =>
    group.rows.length > 0 ? group : { ...group, rows: [checkRow(closed, match)] },
  );
  staged.closing.push(operation);
};

const stage = (set: WorkingSet, staged: Staged, operation: Operation, position: bigint): void => {
  const { table } = operation;
  if (operation.kind === 'close-part') {
    stageClosing(set, staged, operation);
  } else if (table.group.length > 0) {
    const match = targetOf(operation);
    stageGroup(set, staged, { table, match }, (group) => reduce(group, operation, position));
  } else {
    if (operation.kind !== 'insert') throw onlyGrows(table);
    checkRow(table, operation.row);
    staged.appended.push(operation);
  }
};

const partOf = (set: WorkingSet, table: Table, closed: Table, match: Row): Part => {
  const key = groupKey(closed, match);
  const part = set.parts.get(key) ?? { table, match, rows: [], isDropped: false };
  set.parts.set(key, part);
  return part;
};

const append = (set: WorkingSet, { table, row }: Insert): void => {
  if (table.closed) {
    const isClosed = (set.groups.get(groupKey(table.closed, row))?.rows.length ?? 0) > 0;
    if (!isClosed) partOf(set, table, table.closed, row).rows.push(row);
    return;
  }
  const rows = set.appended.get(table);
  if (rows) rows.push(row);
  else set.appended.set(table, [row]);
};

const drop = (set: WorkingSet, { table, match }: ClosePart): void => {
  if (table.closed) Object.assign(partOf(set, table, table.closed, match), { rows: [], isDropped: true });
};

/** Applies all operations of one event, or none of them: it throws before anything has moved. */
export const applyOperations = (
  set: WorkingSet,
  operations: readonly Operation[],
  position: bigint,
): void => {
  const staged: Staged = { groups: new Map(), appended: [], closing: [] };
  for (const operation of operations) stage(set, staged, operation, position);
  for (const [key, group] of staged.groups) set.groups.set(key, group);
  for (const operation of staged.closing) drop(set, operation);
  for (const operation of staged.appended) append(set, operation);
};

type MutableChanges = {
  grownParts: Row[];
  droppedParts: Row[];
  removedGroups: Row[];
  changed: Row[];
  added: Row[];
};

const nothing = (): MutableChanges => ({
  grownParts: [],
  droppedParts: [],
  removedGroups: [],
  changed: [],
  added: [],
});

const sortPart = ({ rows, match, isDropped }: Part, into: MutableChanges): void => {
  if (isDropped) into.droppedParts.push(match);
  if (rows.length === 0) return;
  into.grownParts.push(match);
  for (const row of rows) into.added.push(row);
};

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
    const found = perTable.get(table) ?? nothing();
    perTable.set(table, found);
    return found;
  };
  for (const group of set.groups.values()) sortGroup(group, of(group.table));
  for (const [table, rows] of set.appended) of(table).added = rows;
  for (const part of set.parts.values()) sortPart(part, of(part.table));
  return [...perTable].map(([table, changes]) => ({ table, ...changes }));
};

/** The rows that would stand after the changes; a database of the tests that need none. */
export const rowsOf = (set: WorkingSet, table: Table): readonly Row[] => {
  const holders = table.closed ? [...set.parts.values()] : [...set.groups.values()];
  return table.group.length === 0 && !table.closed
    ? (set.appended.get(table) ?? [])
    : holders.filter((holder) => holder.table === table).flatMap(({ rows }) => [...rows]);
};
