import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { parse } from 'csv-parse/sync';
import { leaves, tableOf, type LootTable } from './column-pairs.js';

// Sealed values, wrapped keys: long, random, and each there once. What matters of them fits into this.
const LONGEST = 120;

const cellsOf = (name: string, value: unknown): readonly (readonly [string, string])[] => {
  if (value === null || value === undefined) return [];
  if (Buffer.isBuffer(value)) return [[name, value.toString('hex').slice(0, LONGEST)]];
  if (typeof value === 'object')
    return leaves(value, name).map(([path, text]) => [path, text.slice(0, LONGEST)]);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (!text.startsWith('{') && !text.startsWith('[')) return [[name, text.slice(0, LONGEST)]];
  try {
    return leaves(JSON.parse(text), name).map(([path, leaf]) => [path, leaf.slice(0, LONGEST)]);
  } catch {
    return [[name, text.slice(0, LONGEST)]];
  }
};

type Record = ReadonlyMap<string, string>;

/** Every table of a database, system columns too: where a row lies and which transaction wrote or locked it. */
export const everyTable = async (client: Client): Promise<ReadonlyMap<string, readonly Record[]>> => {
  const found = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const tables = new Map<string, readonly Record[]>();
  for (const { name } of found.rows) {
    const { rows } = await client.query<object>(
      `SELECT ctid::text AS "ctid", xmin::text AS "xmin", xmax::text AS "xmax", t.* FROM ${name} t`,
    );
    tables.set(
      name,
      rows.map((row) => new Map(Object.entries(row).flatMap(([column, value]) => cellsOf(column, value)))),
    );
  }
  return tables;
};

const sha = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

const asUuid = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');

/** What anybody could compute of a text that he holds, in the forms in which ids are written. */
const guessesOf = (name: string, text: string): readonly (readonly [string, string])[] =>
  ['md5', 'sha1', 'sha256'].flatMap((algorithm) => {
    const hex = sha(algorithm, text);
    return [
      [`${name} ${algorithm}`, hex],
      [`${name} ${algorithm} 32`, hex.slice(0, 32)],
      [`${name} ${algorithm} uuid`, asUuid(hex)],
    ] as const;
  });

/** A file that was imported, as its owner holds it: each row's cells, place and digests; `requestId`: of the n-th row. */
export const fileTable = (
  path: string,
  requestId: (row: number) => string | null,
  isOfInterest: (row: Readonly<globalThis.Record<string, string>>) => boolean = () => true,
): LootTable => {
  const text = readFileSync(path, 'utf8');
  const rows: readonly Readonly<globalThis.Record<string, string>>[] = parse(text, {
    columns: true,
    bom: true,
  });
  const lines = text.split('\n').slice(1);
  return tableOf(
    path,
    rows.flatMap((row, index) => {
      if (!isOfInterest(row)) return [];
      const id = requestId(index);
      const line = lines[index] ?? '';
      const known = new Map([
        ...Object.entries(row),
        ['row', String(index)],
        ...guessesOf('line', line),
        ...(id === null ? [] : [['request id', id] as const, ...guessesOf('request id', id)]),
      ]);
      return [known];
    }),
  );
};

/** What was logged and printed, a row a line, a column a word. */
export const textTable = (name: string, text: string): LootTable =>
  tableOf(
    name,
    text
      .split('\n')
      .map(
        (line) => new Map(line.split(/[\s"',:=]+/).map((word, index) => [`word ${index}`, word] as const)),
      ),
  );
