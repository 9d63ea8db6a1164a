import { LacunaError } from '@lacuna/domain/kernel';

/** What a view may hold: text (sealed values are text, instants too, JSON as canonical text) and 64-bit positions. */
export type ColumnType = 'text' | 'text?' | 'bigint' | 'bigint?';
export type Columns = Readonly<Record<string, ColumnType>>;
export type Cell = string | bigint | null;
export type Row = Readonly<Record<string, Cell>>;

type CellOf<C extends ColumnType> = {
  text: string;
  'text?': string | null;
  bigint: bigint;
  'bigint?': bigint | null;
}[C];
export type RowOf<C extends Columns> = { readonly [Name in keyof C]: CellOf<C[Name]> };
type NameOf<C extends Columns> = keyof C & string;

/**
 * A table of a view, declared once: its SQL, its rows' type and its canonical order all come from here.
 * `key` orders and names a row. `group` are the key's leading columns: rows of one group are loaded and removed
 * together, and an event touches one group only. `active` says which rows of a group can still change.
 * A table without a group only ever grows. One whose rows belong to parts loses a whole part at once, for ever.
 */
export type Table<C extends Columns = Columns> = Readonly<{
  name: string;
  columns: C;
  key: readonly NameOf<C>[];
  group: readonly NameOf<C>[];
  active: Readonly<{ column: NameOf<C>; in: readonly (string | null)[] }> | null;
  /** The key's leading columns that say to which part a row belongs; none: the table has no parts. */
  part: readonly NameOf<C>[];
  /** Which parts are closed, one row each: what comes for them later is not kept. Null: the table has no parts. */
  closed: Table | null;
  /** The columns that hold from and to which position a row held, for a table that keeps what was. */
  held: Readonly<{ from: NameOf<C>; to: NameOf<C> }> | null;
  indexes: readonly (readonly NameOf<C>[])[];
  /** The columns once more, taken apart: every cell of every row is held against them. */
  cells: readonly CellShape[];
}>;

type CellShape = Readonly<{ name: string; kind: 'string' | 'bigint'; nullable: boolean }>;

type TableShape<C extends Columns> = Pick<Table<C>, 'key'> &
  Partial<Omit<Table<C>, 'name' | 'columns' | 'cells' | 'closed'>>;

const leads = (columns: readonly string[], key: readonly string[]): boolean =>
  columns.every((column, index) => key[index] === column);

/** A row for each part that is closed. Not since when: closed twice, the order in which that was done would show. */
const closedParts = (name: string, part: readonly string[]): Table => {
  const columns: Columns = Object.fromEntries(part.map((column) => [column, 'text'] as const));
  return table(`${name}_closed`, columns, { key: part, group: part });
};

const checkShape = (
  name: string,
  columns: Columns,
  { key, group, part }: Readonly<Record<'key' | 'group' | 'part', readonly string[]>>,
): void => {
  if (!leads(group, key)) throw new LacunaError('TABLE_INVALID', `the group of ${name} must lead its key`);
  const areTexts = part.every((column) => columns[column] === 'text');
  if (!leads(part, key) || !areTexts || (part.length > 0 && group.length > 0))
    throw new LacunaError('TABLE_INVALID', `parts of ${name} must be texts that lead its key, and no group`);
};

export const table = <const C extends Columns>(
  name: string,
  columns: C,
  shape: TableShape<C>,
): Table<C> & Table => {
  const { key, group = [], part = [], active = null, held = null, indexes = [] } = shape;
  checkShape(name, columns, { key, group, part });
  const made: Table<C> = {
    name,
    columns,
    key,
    group,
    part,
    closed: part.length > 0 ? closedParts(name, part) : null,
    active,
    held,
    indexes,
    cells: Object.entries<ColumnType>(columns).map(([column, type]) => ({
      name: column,
      kind: type.startsWith('text') ? 'string' : 'bigint',
      nullable: type.endsWith('?'),
    })),
  };
  return made;
};

export const columnsOf = (of: Table): readonly string[] => Object.keys(of.columns);

export const isActive = (of: Table, row: Row): boolean =>
  of.active === null || of.active.in.includes(row[of.active.column] as string | null);

// PostgreSQL's text holds no NUL, so it cannot be part of a cell.
const joined = (row: Row, columns: readonly string[]): string => {
  let key = '';
  for (const column of columns) key += `${String(row[column])}\0`;
  return key;
};

export const rowKey = (of: Table, row: Row): string => joined(row, of.key);
export const groupKey = (of: Table, row: Row): string => `${of.name}\0${joined(row, of.group)}`;
/** Refuses a row that its table cannot hold, before any statement is sent. Names the column, never the cell. */
export const checkRow = (of: Table, row: Row): Row => {
  for (const { name, kind, nullable } of of.cells) {
    const cell = row[name];
    if (cell === null ? !nullable : typeof cell !== kind)
      throw new LacunaError('ROW_INVALID', `${of.name}.${name} cannot hold what the event gives`);
  }
  return row;
};
