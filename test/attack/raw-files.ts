import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Bytes from somewhere, in runs that overlap, so that nothing is lost at a seam. */
export type Run = Readonly<{ source: string; bytes: Buffer }>;

const RUN = 16 * 1024 * 1024;
const OVERLAP = 128 * 1024;

export const filesUnder = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [path];

/** A server that runs takes files of its own away: what is gone holds nothing. */
const opened = (path: string): number | null => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

/** A file as it lies on the disk. */
function* runsOf(path: string): Generator<Run> {
  const descriptor = opened(path);
  if (descriptor === null) return;
  try {
    for (let at = 0; ; at += RUN - OVERLAP) {
      const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(RUN, fstatSync(descriptor).size - at)));
      const size = readSync(descriptor, buffer, 0, buffer.length, at);
      if (size > 0) yield { source: path, bytes: buffer.subarray(0, size) };
      if (size < RUN) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

const WAL_PAGE = 8_192;
const isWal = (path: string): boolean => /^[0-9A-F]{24}$/.test(basename(path));

/** A WAL segment without its page headers (40 bytes on the first page, 24 on the others): records run through them. */
const withoutPageHeaders = (bytes: Buffer): Buffer => {
  const pages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += WAL_PAGE)
    pages.push(bytes.subarray(at + (at === 0 ? 40 : 24), Math.min(at + WAL_PAGE, bytes.length)));
  return Buffer.concat(pages);
};

/** The write-ahead log as one stream of records, over the borders of its segments. */
function* walRuns(paths: readonly string[]): Generator<Run> {
  let carried = Buffer.alloc(0);
  for (const path of paths) {
    const descriptor = opened(path);
    if (descriptor === null) continue;
    const buffer = Buffer.allocUnsafe(fstatSync(descriptor).size);
    readSync(descriptor, buffer, 0, buffer.length, 0);
    closeSync(descriptor);
    const bytes = Buffer.concat([carried, withoutPageHeaders(buffer)]);
    yield { source: `${path} (records)`, bytes };
    carried = Buffer.from(bytes.subarray(Math.max(0, bytes.length - OVERLAP)));
  }
}

/** Every byte under the paths, and the WAL once more as records. */
export function* rawBytes(paths: readonly string[]): Generator<Run> {
  const files = paths.flatMap(filesUnder);
  for (const file of files) yield* runsOf(file);
  yield* walRuns(files.filter(isWal));
}
