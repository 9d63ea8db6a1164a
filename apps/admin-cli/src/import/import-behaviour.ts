import type { behaviourV1, memberV1 } from '@lacuna/contracts';
import { CliError } from '../output/cli-error.js';
import {
  behaviourColumnOf,
  behaviourRow,
  readBehaviourColumns,
  type BehaviourColumns,
} from './behaviour-columns.js';
import { insist, reasonOf, sendChunks } from './chunk-window.js';
import { indexFile, RowFile, type IndexedFile } from './file-index.js';
import type { KnownPart } from './known-part.js';
import { Permutation } from './permutation.js';
import type { Reject, RejectsFile } from './rejects-file.js';

export type BehaviourCounts = Readonly<{
  /** Rows of the file, without its header and blank lines. */
  rows: number;
  /** Rows that a completed import had brought in before; not sent again. */
  known: number;
  live: number;
  countedOnly: number;
  rejected: number;
}>;

/** The server's three calls; what they throw ends the import. */
export type ImportCalls = Readonly<{
  begin: (request: behaviourV1.BeginImportRequest) => Promise<behaviourV1.BeginImportResponse>;
  chunk: (request: behaviourV1.ImportChunkRequest) => Promise<behaviourV1.ImportChunkResponse>;
  end: (request: behaviourV1.EndImportRequest) => Promise<unknown>;
}>;

/** Told what has been done of what: bytes of the first reading, then rows. */
export type BehaviourProgress = Readonly<{
  reading: (bytes: number) => void;
  sending: (rows: number, of: number) => void;
}>;

export type BehaviourRun = Readonly<{
  path: string;
  kind: string;
  processing: memberV1.Processing;
  /** What of it came in before, found by an earlier reading. */
  knownPart: Pick<KnownPart, 'bytes' | 'sha256'>;
  calls: ImportCalls;
  rejects: RejectsFile;
  progress: BehaviourProgress;
}>;

const progressIn = ({
  progress,
}: Readonly<{ progress: behaviourV1.ImportProgress | undefined }>): behaviourV1.ImportProgress => {
  if (progress === undefined) throw new CliError(2, 'the server answered an import with nothing');
  return progress;
};

/** One import of one file: holds the seed, where the rows are, and what was refused; nothing of it outlives the process. */
class Import {
  #at: behaviourV1.ImportProgress;
  readonly #order: Permutation;

  constructor(
    private readonly run: BehaviourRun,
    private readonly columns: BehaviourColumns,
    private readonly file: IndexedFile,
    begun: behaviourV1.ImportProgress,
  ) {
    this.#at = begun;
    this.#order = new Permutation(begun.seed, file.index.rows);
  }

  sendAll(rows: RowFile): Promise<void> {
    const { run, file } = this;
    const total = file.index.rows;
    const { chunkRows, nextChunk } = this.#at;
    return sendChunks({
      from: Number(nextChunk),
      to: Math.ceil(total / chunkRows),
      send: async (chunk) => {
        const places = this.#order.slice(chunk * chunkRows, (chunk + 1) * chunkRows);
        const request = this.#requestOf(chunk, places, rows);
        rows.assertUnchanged();
        return progressIn(await run.calls.chunk(request));
      },
      take: (chunk, progress) => {
        this.#at = progress;
        run.progress.sending(Math.min((chunk + 1) * chunkRows, total), total);
      },
    });
  }

  async end(): Promise<void> {
    let calls = 0;
    await insist(() => {
      calls += 1;
      return this.run.calls.end({ importId: this.#at.importId, complete: true });
    }).catch((error: unknown) => {
      // The first call had ended it, only its answer was lost.
      if (calls === 1 || reasonOf(error) !== 'IMPORT_UNKNOWN') throw error;
    });
  }

  /** All that was refused, line by line: the server has it, also of a chunk whose answer was lost. */
  async writeRejects(begin: (rejectsAfter: string) => Promise<behaviourV1.ImportProgress>): Promise<void> {
    const { rejected } = this.#at;
    for (let after = '0'; Number(rejected) > this.run.rejects.lines;) {
      const { rejects } = await begin(after);
      const last = rejects.at(-1);
      if (last === undefined) return;
      this.run.rejects.write(rejects.map((reject) => this.#rejectOf(reject)));
      after = last.line;
    }
  }

  counts(): BehaviourCounts {
    const { live, countedOnly, rejected } = this.#at;
    const { known, index } = this.file;
    return {
      rows: known + index.rows,
      known,
      live: Number(live),
      countedOnly: Number(countedOnly),
      rejected: Number(rejected),
    };
  }

  #requestOf(chunk: number, places: readonly number[], rows: RowFile): behaviourV1.ImportChunkRequest {
    const { kind, processing } = this.run;
    const sent: behaviourV1.ImportedRow[] = [];
    const rejects: Reject[] = [];
    for (const place of places) {
      const row = rows.row(place);
      const read = behaviourRow(this.columns, kind, row);
      if ('kind' in read) sent.push({ row: String(place), line: String(row.line), behaviour: read });
      else rejects.push(...read);
    }
    return {
      importId: this.#at.importId,
      processing,
      chunk: String(chunk),
      rows: sent,
      rejects: rejects.map(({ line, field, rule }) => ({ line: String(line), field, rule })),
    };
  }

  #rejectOf({ line, field, rule }: behaviourV1.ImportReject): Reject {
    return { line: Number(line), field: behaviourColumnOf(this.columns, field), rule };
  }
}

/**
 * Brings a file in, in an order that nobody can compute once it is in, in bounded memory. Stopped at any point, the same
 * call goes on with the chunk that was next, and ends with the same counts.
 */
export const importBehaviour = async (run: BehaviourRun): Promise<BehaviourCounts> => {
  const { path, kind, knownPart, calls, progress } = run;
  const file = await indexFile(path, knownPart, progress.reading);
  const columns = readBehaviourColumns(file.header);
  if ('problem' in columns) throw new CliError(2, columns.problem);
  const { length, sha256, index, known } = file;
  if (index.rows === 0) return { rows: known, known, live: 0, countedOnly: 0, rejected: 0 };
  const asked = { kind, length: String(length), sha256, rows: String(index.rows) };
  const begin = async (rejectsAfter: string) =>
    progressIn(await insist(() => calls.begin({ ...asked, rejectsAfter })));
  const work = new Import(run, columns, file, await begin('0'));
  const rows = new RowFile(path, file);
  try {
    await work.sendAll(rows);
  } finally {
    rows.close();
  }
  await work.writeRejects(begin);
  await work.end();
  return work.counts();
};
