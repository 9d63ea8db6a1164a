import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { readDigestedRows, readRows, type DigestedRow, type Row } from './read-rows.js';

async function* inChunks(file: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += size) yield await Promise.resolve(file.subarray(at, at + size));
}

const rowsOf = async (file: Buffer | string, chunk = 7): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for await (const row of readRows(inChunks(Buffer.from(file), chunk))) rows.push(row);
  return rows;
};
const digestedRowsOf = async (file: string, chunk: number): Promise<readonly DigestedRow[]> => {
  const rows: DigestedRow[] = [];
  for await (const row of readDigestedRows(inChunks(Buffer.from(file), chunk))) rows.push(row);
  return rows;
};
const textsOf = (rows: readonly Row[]): readonly (readonly string[] | string | null)[] =>
  rows.map((row) => row.problem ?? row.fields.map(String));
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

it.each([
  ['LF', 'a,b\n1,2\n'],
  ['CRLF', 'a,b\r\n1,2\r\n'],
  ['no line end at the end', 'a,b\n1,2'],
  ['a BOM', '\ufeffa,b\n1,2\n'],
  ['blank lines', 'a,b\n\n1,2\n\r\n\n'],
  ['quotes', '"a","b"\n"1","2"\n'],
])('reads %s', async (_, text) => {
  for (const chunk of [1, 2, 3, 1000])
    expect(textsOf(await rowsOf(text, chunk))).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
});

it('reads commas, line ends and doubled quotes inside quotes, and says the line a record begins on', async () => {
  const rows = await rowsOf('a,b\n"x,\r\ny","say ""hi"""\n,\n');
  expect(textsOf(rows)).toEqual([
    ['a', 'b'],
    ['x,\r\ny', 'say "hi"'],
    ['', ''],
  ]);
  expect(rows.map(({ line }) => line)).toEqual([1, 2, 4]);
});

it('loses only the line that a quote spoils', async () => {
  const text = 'a,b\n1,"open\n2,two\n3,st"ray\n"4"x,four\n5,five\n6,"open at the end';
  for (const chunk of [1, 5, 1000])
    expect(textsOf(await rowsOf(text, chunk))).toEqual([
      ['a', 'b'],
      'quote',
      ['2', 'two'],
      'quote',
      'quote',
      ['5', 'five'],
      'quote',
    ]);
});

it('finds an unclosed quote without holding the rest of the file', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `${index},plain\n`).join('');
  const rows = await rowsOf(`a,b\n1,"open\n${many}`, 64 * 1024);
  expect(rows).toHaveLength(20_002);
  expect(rows[1]).toMatchObject({ line: 2, problem: 'quote' });
  expect(rows.filter(({ problem }) => problem !== null)).toHaveLength(1);
});

it('passes a line that is too long, of any length', async () => {
  const rows = await rowsOf(`a\n${'x'.repeat(1_000_000)}\nok\n`, 10_000);
  expect(rows.map(({ line, problem }) => [line, problem])).toEqual([
    [1, null],
    [2, 'record-too-long'],
    [3, null],
  ]);
});

it('gives each row the digest of the file up to it, so that a longer file gives the same', async () => {
  const short = 'a,b\r\n1,2\r\n3,4';
  const rows = await digestedRowsOf(short, 2);
  expect(rows.map(({ digest }) => digest)).toEqual([sha('a,b'), sha('a,b\r\n1,2'), sha(short)]);
  expect(rows.map(({ start, end }) => [start, end])).toEqual([
    [0, 3],
    [5, 8],
    [10, 13],
  ]);
  const longer = await digestedRowsOf(`${short}\r\n5,6\r\n`, 3);
  expect(longer.slice(0, 3).map(({ digest }) => digest)).toEqual(rows.map(({ digest }) => digest));
});

it('reads what csv-parse reads, in chunks of any size', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', '字', ' ', ''), maxLength: 6 });
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
      async (table, end, chunk) => {
        const file = table.map((record) => record.map(quoted).join(',')).join(end);
        const expected: readonly (readonly string[])[] = parse(file, { relax_column_count: true });
        expect(textsOf(await rowsOf(file, chunk))).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});
