import type { Row } from './read-rows.js';
import type { Reject } from './rejects-file.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const textOf = (bytes: Buffer): string | null => {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
};

export type HeaderProblem = Readonly<{ problem: string }>;

/** What the first row may name. `expected` says it to a person. */
export type KnownColumns = Readonly<{ expected: string; isKnown: (name: string) => boolean }>;

/** The column names of the first row, or what is wrong with them. */
export const readColumns = (
  row: Row | undefined,
  { expected, isKnown }: KnownColumns,
): readonly string[] | HeaderProblem => {
  if (!row) return { problem: `the file is empty; ${expected}` };
  const names = row.fields.map(textOf);
  const unknown = names.findIndex((name) => name === null || !isKnown(name));
  if (row.problem !== null) return { problem: `the first line is no CSV; ${expected}` };
  if (unknown !== -1) return { problem: `column ${unknown + 1} of the first line is not known; ${expected}` };
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (repeated !== -1) return { problem: `column ${repeated + 1} of the first line is there twice` };
  return names as readonly string[];
};

const structureRejects = (columns: readonly string[], row: Row): readonly Reject[] => {
  if (row.problem !== null) return [{ line: row.line, field: 'row', rule: row.problem }];
  if (row.fields.length < columns.length) return [{ line: row.line, field: 'row', rule: 'columns-missing' }];
  if (row.fields.length > columns.length) return [{ line: row.line, field: 'row', rule: 'columns-extra' }];
  return [];
};

/** A row's values by column; an empty field was not provided. */
export type Values = Readonly<Record<string, string | undefined>>;

/** A row as a row, whatever its values mean: its values, or what is wrong with it. */
export const readValues = (
  columns: readonly string[],
  row: Row,
): Readonly<{ values: Values; rejects: readonly Reject[] }> => {
  const structure = structureRejects(columns, row);
  if (structure.length > 0) return { values: {}, rejects: structure };
  const { line } = row;
  const rejects: Reject[] = [];
  // Without a prototype: a column may be called `constructor`, and be empty.
  const values = Object.create(null) as Record<string, string>;
  columns.forEach((column, index) => {
    const text = textOf(row.fields[index] ?? Buffer.alloc(0));
    if (text === null) rejects.push({ line, field: column, rule: 'utf-8' });
    else if (text !== '') values[column] = text;
  });
  return { values, rejects };
};
