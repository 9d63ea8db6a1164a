import { createHash } from 'node:crypto';
import { scanLine, scanRecord, type Scan } from './scan-record.js';

/** What is wrong with a line before anybody asks what its fields mean. */
export type LineProblem = 'quote' | 'record-too-long';

/** A record of a file, with the place it has in it. */
export type Row = Readonly<{
  /** The physical line it begins on; the first is 1. */
  line: number;
  /** Bytes of the file before it. */
  start: number;
  /** Bytes of the file up to the end of its content. */
  end: number;
  fields: readonly Buffer[];
  problem: LineProblem | null;
}>;

/**
 * `digest`: SHA-256 of the bytes up to the row's end, hex: the same for the same row at the same place behind the same
 * rows, in this file and in every file that begins with it.
 */
export type DigestedRow = Row & Readonly<{ digest: string }>;

/** Longer than any record that means something: what a field in quotes may swallow before it counts as unclosed. */
export const MAX_RECORD_BYTES = 64 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

const countLines = (buffer: Buffer): number => {
  let count = 0;
  for (let at = buffer.indexOf(0x0a); at !== -1; at = buffer.indexOf(0x0a, at + 1)) count += 1;
  return count;
};

/** Takes bytes in, gives rows out; holds one record and a chunk, however long the file. */
class RowReader {
  #pending: Buffer = Buffer.alloc(0);
  #line = 1;
  #offset = 0;
  #isFirst = true;
  /** Inside a line that is too long: thrown away as it comes. */
  #isSkipping = false;

  /** `onBytes` is told of every byte in turn; when a row is given, of all up to the row's end and no more. */
  constructor(private readonly onBytes: (bytes: Buffer) => void = () => undefined) {}

  *take(chunk: Buffer, isLast: boolean): Generator<Row> {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (this.#isFirst && !this.#dropBom(isLast)) return;
    let from = 0;
    while (from < this.#pending.length) {
      const scan = this.#scan(from, isLast);
      if (scan.kind === 'incomplete') break;
      const row = this.#rowOf(scan, from);
      if (row) yield row;
      this.#consume(this.#pending.subarray(scan.end, scan.next));
      from = scan.next;
    }
    this.#pending = this.#pending.subarray(from);
  }

  #dropBom(isLast: boolean): boolean {
    if (this.#pending.length < BOM.length && !isLast) return false;
    this.#isFirst = false;
    if (this.#pending.subarray(0, BOM.length).equals(BOM)) {
      this.#consume(BOM);
      this.#pending = this.#pending.subarray(BOM.length);
    }
    return true;
  }

  #scan(from: number, isLast: boolean): Scan {
    if (this.#isSkipping) return this.#skipLine(from, isLast);
    const scan = scanRecord(this.#pending, from, isLast);
    const isTooLong = this.#pending.length - from > MAX_RECORD_BYTES;
    if (scan.kind !== 'incomplete' || !isTooLong) return scan;
    const line = scanLine(this.#pending, from, isLast);
    return line.kind === 'incomplete' ? this.#skipLine(from, isLast) : line;
  }

  #skipLine(from: number, isLast: boolean): Scan {
    const line = scanLine(this.#pending, from, isLast);
    if (line.kind !== 'incomplete') return line;
    this.#isSkipping = true;
    this.#consume(this.#pending.subarray(from));
    this.#pending = this.#pending.subarray(0, from);
    return line;
  }

  #rowOf(scan: Exclude<Scan, { kind: 'incomplete' }>, from: number): Row | null {
    const line = this.#line;
    const start = this.#offset;
    this.#consume(this.#pending.subarray(from, scan.end));
    const place = { line, start, end: this.#offset };
    if (this.#isSkipping) return this.#endSkipping(place);
    if (scan.kind === 'spoilt') return { ...place, fields: [], problem: 'quote' };
    const isBlank = scan.fields.length === 1 && scan.end === from;
    return isBlank ? null : { ...place, fields: scan.fields, problem: null };
  }

  #endSkipping(place: Pick<Row, 'line' | 'start' | 'end'>): Row {
    this.#isSkipping = false;
    return { ...place, fields: [], problem: 'record-too-long' };
  }

  #consume(bytes: Buffer): void {
    this.onBytes(bytes);
    this.#offset += bytes.length;
    this.#line += countLines(bytes);
  }
}

async function* rowsOf(reader: RowReader, chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  for await (const chunk of chunks) yield* reader.take(chunk, false);
  yield* reader.take(Buffer.alloc(0), true);
}

/** The rows of a CSV file (RFC 4180, UTF-8 with or without BOM, CRLF or LF), the header first, blank lines left out. */
export const readRows = (chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> =>
  rowsOf(new RowReader(), chunks);

/** As `readRows`, each row with the digest of the file up to it. */
export async function* readDigestedRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<DigestedRow> {
  const hash = createHash('sha256');
  const reader = new RowReader((bytes) => hash.update(bytes));
  for await (const row of rowsOf(reader, chunks)) yield { ...row, digest: hash.copy().digest('hex') };
}
