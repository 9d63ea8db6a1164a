import { columnsOf, type Table } from '../engine/index.js';

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const sqlNames = (columns: readonly string[]): string => columns.map(snake).join(', ');

const sqlType = (type: string): 'text' | 'bigint' => (type.startsWith('text') ? 'text' : 'bigint');
const arrayTypes = (of: Table, columns: readonly string[]): string =>
  columns.map((column, index) => `$${index + 1}::${sqlType(of.columns[column] ?? 'text')}[]`).join(', ');

const sameKey = (left: string, right: string, columns: readonly string[]): string =>
  columns.map((column) => `${left}.${snake(column)} = ${right}.${snake(column)}`).join(' AND ');

/** Collation "C": the canonical order is the order of bytes, whatever the database was made with. */
const columnSql = (of: Table, column: string): string => {
  const type = of.columns[column] ?? 'text';
  const collation = sqlType(type) === 'text' ? ' COLLATE "C"' : '';
  return `${snake(column)} ${sqlType(type)}${collation}${type.endsWith('?') ? '' : ' NOT NULL'}`;
};

const activeSql = (of: Table, alias: string): string => {
  if (!of.active) return 'true';
  const column = `${alias}.${snake(of.active.column)}`;
  return of.active.in
    .map((value) => (value === null ? `${column} IS NULL` : `${column} = '${value}'`))
    .join(' OR ');
};

/** Creates the table. One that is looked up while it is filled has its key from the start; see `indexSql`. */
export const createSql = (of: Table, schema: string, durable: boolean): string => {
  const columns = columnsOf(of).map((column) => columnSql(of, column));
  const key = of.group.length > 0 ? [`PRIMARY KEY (${sqlNames(of.key)})`] : [];
  const kind = durable ? 'TABLE' : 'UNLOGGED TABLE';
  return `CREATE ${kind} ${schema}.${of.name} (${[...columns, ...key].join(', ')})`;
};

/** The indexes that are made when a table has been filled. */
export const indexSql = (of: Table, schema: string): readonly string[] => [
  ...(of.group.length > 0 ? [] : [`ALTER TABLE ${schema}.${of.name} ADD PRIMARY KEY (${sqlNames(of.key)})`]),
  ...of.indexes.map((columns) => `CREATE INDEX ON ${schema}.${of.name} (${sqlNames(columns)})`),
];

/** The active rows of the groups given, one array per group column. */
export const loadSql = (of: Table, schema: string): string =>
  `SELECT ${columnsOf(of)
    .map((column) => `t.${snake(column)} AS "${column}"`)
    .join(', ')} FROM ${schema}.${of.name} t
   JOIN unnest(${arrayTypes(of, of.group)}) AS g (${sqlNames(of.group)}) ON ${sameKey('t', 'g', of.group)}
   WHERE ${activeSql(of, 't')} ORDER BY ${of.key.map((column) => `t.${snake(column)}`).join(', ')}`;

export const removeSql = (of: Table, schema: string): string =>
  `DELETE FROM ${schema}.${of.name} t
   USING unnest(${arrayTypes(of, of.group)}) AS g (${sqlNames(of.group)}) WHERE ${sameKey('t', 'g', of.group)}`;

export const changeSql = (of: Table, schema: string): string => {
  const columns = columnsOf(of);
  const changing = columns.filter((column) => !of.key.includes(column));
  return `UPDATE ${schema}.${of.name} t SET ${changing.map((column) => `${snake(column)} = u.${snake(column)}`).join(', ')}
    FROM unnest(${arrayTypes(of, columns)}) AS u (${sqlNames(columns)}) WHERE ${sameKey('t', 'u', of.key)}`;
};

export const addSql = (of: Table, schema: string): string =>
  `INSERT INTO ${schema}.${of.name} (${sqlNames(columnsOf(of))})
   SELECT * FROM unnest(${arrayTypes(of, columnsOf(of))})`;

export const copyInSql = (of: Table, schema: string): string =>
  `COPY ${schema}.${of.name} (${sqlNames(columnsOf(of))}) FROM STDIN`;

/** All rows in canonical order and encoding: the columns as declared, in COPY's text format. */
export const copyOutSql = (of: Table, schema: string): string =>
  `COPY (SELECT ${sqlNames(columnsOf(of))} FROM ${schema}.${of.name} ORDER BY ${sqlNames(of.key)}) TO STDOUT`;
