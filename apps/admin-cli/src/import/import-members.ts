import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { memberV1 } from '@lacuna/contracts';
import { CliError } from '../output/cli-error.js';
import type { KnownPart } from './known-part.js';
import { memberRow, readHeader, type MemberRow } from './member-columns.js';
import { readDigestedRows, type DigestedRow } from './read-rows.js';
import type { Reject, RejectsFile } from './rejects-file.js';
import type { RowImporter, RowOutcome } from './row-importer.js';

export type ImportCounts = Readonly<{
  /** Rows of the file, without its header and blank lines. */
  rows: number;
  /** Rows that a completed import had brought in before; not sent again. */
  known: number;
  members: number;
  realNames: number;
  /** Rows whose member was erased since: left alone. */
  gone: number;
  rejected: number;
}>;

export type ImportedFile = Readonly<{ counts: ImportCounts; completed: memberV1.CompletedImport }>;

export type ImportRun = Readonly<{
  path: string;
  known: KnownPart;
  importer: RowImporter;
  rejects: RejectsFile;
  /** Told after each row, with the bytes read so far. */
  progress: (bytes: number) => void;
}>;

/** Rows under way: bounds memory, and is more than the server works on at once. */
const WINDOW = 128;

type UnderWay = Readonly<{ end: number; unique: readonly string[]; outcome: Promise<RowOutcome> }>;

const rejected = (rejects: readonly Reject[]): RowOutcome => ({
  result: 'rejected',
  realName: false,
  rejects,
});

/** Counts rows and writes their rejects in the order of the file, whatever order their answers come in. */
class Import {
  readonly #window: UnderWay[] = [];
  readonly #counts = { rows: 0, known: 0, members: 0, realNames: 0, gone: 0 };

  constructor(private readonly run: ImportRun) {}

  get counts(): ImportCounts {
    return { ...this.#counts, rejected: this.run.rejects.lines };
  }

  async take(columns: readonly string[], row: DigestedRow): Promise<void> {
    this.#counts.rows += 1;
    if (row.end <= this.run.known.bytes) {
      this.#counts.known += 1;
      return;
    }
    const read = memberRow(columns, row);
    if ('requestId' in read) await this.#send(read);
    else this.#window.push({ end: row.end, unique: [], outcome: Promise.resolve(rejected(read)) });
    if (this.#window.length >= WINDOW) await this.#settleFirst();
  }

  async settleAll(): Promise<void> {
    while (this.#window.length > 0) await this.#settleFirst();
  }

  // Of two rows with one phone number the first one of the file gets it: the second waits for the first one's answer.
  async #send(row: MemberRow): Promise<void> {
    while (this.#window.some(({ unique }) => unique.some((value) => row.unique.includes(value))))
      await this.#settleFirst();
    const outcome = this.run.importer.import(row);
    // Looked at when it is the first of the window; until then its failure is nobody's unhandled one.
    outcome.catch(() => undefined);
    this.#window.push({ end: row.end, unique: row.unique, outcome });
  }

  async #settleFirst(): Promise<void> {
    const first = this.#window.shift();
    if (!first) return;
    const { result, realName, rejects } = await first.outcome;
    if (result === 'in') this.#counts.members += 1;
    if (result === 'gone') this.#counts.gone += 1;
    if (realName) this.#counts.realNames += 1;
    this.run.rejects.write(rejects);
    this.run.progress(first.end);
  }
}

/** Brings a file in, row after row, in bounded memory. Stopped at any point, the same call again goes on to the same result. */
export const importMembers = async (run: ImportRun): Promise<ImportedFile> => {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const piece of createReadStream(run.path)) {
      hash.update(piece as Buffer);
      bytes += (piece as Buffer).length;
      yield piece as Buffer;
    }
  }
  const rows = readDigestedRows(chunks());
  const first = await rows.next();
  const header = readHeader(first.done ? undefined : first.value);
  if ('problem' in header) throw new CliError(2, header.problem);
  const work = new Import(run);
  for await (const row of rows) await work.take(header, row);
  await work.settleAll();
  run.progress(bytes);
  const completed = {
    kind: 'members',
    length: String(bytes),
    sha256: hash.digest('hex'),
    rows: String(work.counts.rows),
  };
  return { counts: work.counts, completed };
};
