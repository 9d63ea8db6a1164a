import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { columnsOf, type Projection, type Table } from '../engine/index.js';
import { copyOutSql } from '../build/table-sql.js';

export type ViewDigest = Readonly<{ rows: number; digest: string }>;

// What the digest is a digest of, said in its own first bytes: a view of another version or shape never equals this one.
const heading = ({ name, version }: Projection, of: Table): string =>
  `lacuna-view/1 ${name}@${version} ${of.name} ${columnsOf(of).join(',')}\n`;

const NEWLINE = 10;

const countLines = (chunk: Uint8Array): number => {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
};

const rowsIn = (client: ClientBase, of: Table, schema: string): Readable =>
  client.query(copyTo(copyOutSql(of, schema)));

/** SHA-256 over the rows of a view in the order of its key, in COPY's text encoding: same rows, same bytes. */
export const digestView = async (
  client: ClientBase,
  schema: string,
  projection: Projection,
): Promise<ViewDigest> => {
  const hash = createHash('sha256');
  let rows = 0;
  for (const of of projection.tables) {
    hash.update(heading(projection, of));
    for await (const chunk of rowsIn(client, of, schema) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      rows += countLines(chunk);
    }
  }
  return { rows, digest: hash.digest('hex') };
};

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

type Line = string | null;

const keyCells = (of: Table, line: string): readonly string[] => {
  const columns = columnsOf(of);
  const cells = line.split('\t');
  return of.key.map((column) => cells[columns.indexOf(column)] ?? '');
};

const comesBefore = (of: Table, left: readonly string[], right: readonly string[]): boolean => {
  const at = of.key.findIndex((_, index) => left[index] !== right[index]);
  const [a = '', b = ''] = [left[at], right[at]];
  return of.columns[of.key[at] ?? '']?.startsWith('bigint') ? BigInt(a) < BigInt(b) : a < b;
};

/** The row that one side lacks, or that differs: the one whose key comes first. */
const firstKey = (of: Table, left: Line, right: Line): string => {
  const [a, b] = [left, right].map((line) => (line === null ? null : keyCells(of, line)));
  const cells = (a && (!b || comesBefore(of, a, b)) ? a : b) ?? [];
  return of.key.map((column, index) => `${column}=${cells[index] ?? ''}`).join(' ');
};

const firstUnequal = async (
  left: AsyncGenerator<string>,
  right: AsyncGenerator<string>,
  of: Table,
): Promise<string | null> => {
  let found: string | null = null;
  // Both are read to their ends: a COPY that is left halfway would leave its session in the middle of an answer.
  for (;;) {
    const [a, b] = await Promise.all([left.next(), right.next()]);
    if (a.done && b.done) return found;
    const lines = [a.done ? null : a.value, b.done ? null : b.value] as const;
    if (found === null && lines[0] !== lines[1]) found = firstKey(of, ...lines);
  }
};

type Side = Readonly<{ client: ClientBase; schema: string }>;

/** The key of the first row that is not the same on both sides, in the order of the key; never a value. */
export const firstDifference = async (
  left: Side,
  right: Side,
  projection: Projection,
): Promise<string | null> => {
  for (const of of projection.tables) {
    const [a, b] = [left, right].map(({ client, schema }) => linesOf(rowsIn(client, of, schema)));
    const found = a && b ? await firstUnequal(a, b, of) : null;
    if (found !== null) return found;
  }
  return null;
};
