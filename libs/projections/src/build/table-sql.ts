import { createHash } from 'node:crypto';
import { escapeLiteral } from 'pg';
import { columnsOf, type Row, type Table } from '../engine/index.js';

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
  if (of.active.in.length === 0) return 'false';
  const column = `${alias}.${snake(of.active.column)}`;
  return of.active.in
    .map((value) => (value === null ? `${column} IS NULL` : `${column} = '${value}'`))
    .join(' OR ');
};

const tableKind = (durable: boolean): string => (durable ? 'TABLE' : 'UNLOGGED TABLE');

/** Creates the table. One that is looked up while it is filled has its key from the start; see `indexSql`. */
export const createSql = (of: Table, schema: string, durable: boolean): string => {
  const columns = columnsOf(of).map((column) => columnSql(of, column));
  const key = of.group.length > 0 ? [`PRIMARY KEY (${sqlNames(of.key)})`] : [];
  const body = `${schema}.${of.name} (${[...columns, ...key].join(', ')})`;
  // PostgreSQL has no unlogged table of partitions; the partitions themselves can be.
  return of.closed
    ? `CREATE TABLE ${body} PARTITION BY RANGE (${sqlNames(of.part)})`
    : `CREATE ${tableKind(durable)} ${body}`;
};

/** A partition's name says nothing of what is in it. */
export const partitionName = (of: Table, part: Row): string => {
  const words = JSON.stringify(of.part.map((column) => part[column]));
  return `${of.name}_${createHash('sha256').update(words).digest('hex').slice(0, 24)}`;
};

/**
 * Makes the partition of one part. Its bounds hold exactly one value: no text stands between `x` and `x` with the
 * least character behind it. Who reads the table is waited for. (Attaching a partition waits for nobody, and a reader
 * that was planned before it and takes its snapshot after it sees a run without the rows of its new part: half.)
 */
export const createPartSql = (of: Table, schema: string, part: Row, durable: boolean): string => {
  const words = of.part.map((column) => String(part[column]));
  const [from, to] = [words, [...words.slice(0, -1), `${words.at(-1) ?? ''}\u0001`]].map((bound) =>
    bound.map(escapeLiteral).join(', '),
  );
  return `CREATE ${tableKind(durable)} ${schema}.${partitionName(of, part)}
    PARTITION OF ${schema}.${of.name} FOR VALUES FROM (${from ?? ''}) TO (${to ?? ''})`;
};

/** Takes a part away whole. Who reads the table is waited for; who comes then waits in turn. */
export const dropPartSql = (of: Table, schema: string, part: Row): string =>
  `DROP TABLE IF EXISTS ${schema}.${partitionName(of, part)}`;

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
