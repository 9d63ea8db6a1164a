import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CliError } from '../output/cli-error.js';
import type { KnownPart } from './known-part.js';
import { MAX_RECORD_BYTES, readRows, type LineProblem, type Row } from './read-rows.js';
import { scanRecord } from './scan-record.js';

const PROBLEMS: readonly (LineProblem | null)[] = [null, 'quote', 'record-too-long'];
const FIRST_ROOM = 1_024;

/** Where each row of a file begins: 13 bytes for a row, so that five million of them are 65 MB. */
export class FileIndex {
  #starts = new Float64Array(FIRST_ROOM);
  #lines = new Uint32Array(FIRST_ROOM);
  #problems = new Uint8Array(FIRST_ROOM);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add({ start, line, problem }: Row): void {
    if (this.#rows === this.#starts.length) this.#grow();
    this.#starts[this.#rows] = start;
    this.#lines[this.#rows] = line;
    this.#problems[this.#rows] = PROBLEMS.indexOf(problem);
    this.#rows += 1;
  }

  start(row: number): number {
    return row < this.#rows ? (this.#starts[row] ?? 0) : Infinity;
  }

  line(row: number): number {
    return this.#lines[row] ?? 0;
  }

  problem(row: number): LineProblem | null {
    return PROBLEMS[this.#problems[row] ?? 0] ?? null;
  }

  #grow(): void {
    const room = this.#starts.length * 2;
    const [starts, lines, problems] = [this.#starts, this.#lines, this.#problems];
    this.#starts = new Float64Array(room);
    this.#lines = new Uint32Array(room);
    this.#problems = new Uint8Array(room);
    this.#starts.set(starts);
    this.#lines.set(lines);
    this.#problems.set(problems);
  }
}

/** What one reading of a file finds out: its bytes, its first row, and where the rows behind its known part are. */
export type IndexedFile = Readonly<{
  length: number;
  sha256: string;
  /** When it was last written, before it was read. */
  changedAt: number;
  header: Row | undefined;
  known: number;
  index: FileIndex;
}>;

/** The digest of a stream's first bytes, once they have come. */
const prefixDigest = (bytes: number) => {
  const hash = createHash('sha256');
  let left = bytes;
  return {
    take: (piece: Buffer): void => {
      if (left > 0) hash.update(piece.subarray(0, left));
      left -= piece.length;
    },
    digest: (): string => hash.digest('hex'),
  };
};

const changed = (): CliError => new CliError(2, 'the file was changed while it was read: start again');

/** Reads a file once, in bounded memory. `known`: what came in before; another beginning is another file. */
export const indexFile = async (
  path: string,
  known: Pick<KnownPart, 'bytes' | 'sha256'>,
  progress: (bytes: number) => void,
): Promise<IndexedFile> => {
  const { mtimeMs: changedAt } = await stat(path);
  const hash = createHash('sha256');
  const prefix = prefixDigest(known.bytes);
  let length = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 })) {
      prefix.take(piece as Buffer);
      hash.update(piece as Buffer);
      length += (piece as Buffer).length;
      progress(length);
      yield piece as Buffer;
    }
  }
  const index = new FileIndex();
  let header: Row | undefined;
  let knownRows = 0;
  for await (const row of readRows(chunks())) {
    if (header === undefined) header = row;
    else if (row.end <= known.bytes) knownRows += 1;
    else index.add(row);
  }
  if (known.bytes > 0 && prefix.digest() !== known.sha256) throw changed();
  return { length, sha256: hash.digest('hex'), changedAt, header, known: knownRows, index };
};

/** The rows of an indexed file in any order. A file that was changed since is not read on. */
export class RowFile {
  readonly #handle: number;
  readonly #buffer = Buffer.alloc(MAX_RECORD_BYTES + 2);

  constructor(
    path: string,
    private readonly file: Pick<IndexedFile, 'index' | 'length' | 'changedAt'>,
  ) {
    this.#handle = openSync(path, 'r');
  }

  row(at: number): Row {
    const { index, length } = this.file;
    const [start, line, problem] = [index.start(at), index.line(at), index.problem(at)];
    if (problem !== null) return { line, start, end: start, fields: [], problem };
    const room = Math.min(index.start(at + 1), length, start + this.#buffer.length) - start;
    const read = readSync(this.#handle, this.#buffer, 0, room, start);
    const scan = scanRecord(this.#buffer.subarray(0, read), 0, true);
    if (scan.kind !== 'record') return { line, start, end: start, fields: [], problem: 'quote' };
    // The buffer is used again for the next row.
    return {
      line,
      start,
      end: start + scan.end,
      fields: scan.fields.map((field) => Buffer.from(field)),
      problem,
    };
  }

  /** Rows are read where they stood when the file was indexed: another content there would be another file's. */
  assertUnchanged(): void {
    const { size, mtimeMs } = fstatSync(this.#handle);
    if (size !== this.file.length || mtimeMs !== this.file.changedAt) throw changed();
  }

  close(): void {
    closeSync(this.#handle);
  }
}
