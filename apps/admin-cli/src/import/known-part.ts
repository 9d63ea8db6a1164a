import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { memberV1 } from '@lacuna/contracts';

/** How much of a file came in before, as a whole file: its bytes and rows, and the digest of these bytes. */
export type KnownPart = Readonly<{ bytes: number; rows: number; sha256: string }>;

const shortestFirst = (completed: readonly memberV1.CompletedImport[], size: number): readonly KnownPart[] =>
  completed
    .map(({ length, rows, sha256 }) => ({ bytes: Number(length), rows: Number(rows), sha256 }))
    .filter(({ bytes }) => bytes > 0 && bytes <= size)
    .sort((one, other) => one.bytes - other.bytes);

// The file's digests after each of these lengths, read once.
async function* digestsAt(path: string, lengths: readonly number[]): AsyncGenerator<string> {
  const hash: Hash = createHash('sha256');
  let next = 0;
  let read = 0;
  for await (const piece of createReadStream(path)) {
    const chunk = piece as Buffer;
    let from = 0;
    for (
      let length = lengths[next];
      length !== undefined && length <= read + chunk.length;
      length = lengths[next]
    ) {
      hash.update(chunk.subarray(from, length - read));
      from = length - read;
      next += 1;
      yield hash.copy().digest('hex');
    }
    if (next === lengths.length) return;
    hash.update(chunk.subarray(from));
    read += chunk.length;
  }
}

/** The longest completed import that this file begins with: only what follows it is new. */
export const knownPart = async (
  path: string,
  completed: readonly memberV1.CompletedImport[],
): Promise<KnownPart> => {
  const candidates = shortestFirst(completed, (await stat(path)).size);
  let known: KnownPart = { bytes: 0, rows: 0, sha256: '' };
  let index = 0;
  for await (const digest of digestsAt(
    path,
    candidates.map(({ bytes }) => bytes),
  )) {
    const candidate = candidates[index];
    if (candidate?.sha256 === digest) known = candidate;
    index += 1;
  }
  return known;
};
