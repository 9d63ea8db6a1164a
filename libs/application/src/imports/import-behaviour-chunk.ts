import type { ChunkResult, ImportReject, ImportState } from '@lacuna/custody';
import { LacunaError } from '@lacuna/domain/kernel';
import { admitRecords, type OpenNight } from '../behaviour/admit-records.js';
import { appendLive } from '../behaviour/append-live.js';
import type { BehaviourImport, ImportBehaviourChunk, ImportedRow } from '../behaviour/behaviour.commands.js';
import { countChunk } from '../behaviour/count-only.js';
import { copyOf, type PlacedRecord } from '../behaviour/place-records.js';
import type { LabelledRecord, RefusedRecord } from '../behaviour/read-record.js';
import type { Recording } from '../behaviour/recording.js';
import { importOf, mayImport, openImport } from './behaviour-imports.js';
import type { Before } from './chunk-turns.js';

type Chunk = ImportBehaviourChunk['chunk'];

const linesOf = (rejects: readonly ImportReject[]): number => new Set(rejects.map(({ line }) => line)).size;

/** How many chunks may stand between the one that is next and the last that is written: each is held in memory. */
const MOST_AHEAD = 4;

const isInTurn = ({ nextChunk }: ImportState, chunk: number, before: Before | null): boolean =>
  chunk === nextChunk || (before !== null && chunk > nextChunk && chunk <= nextChunk + MOST_AHEAD);

/** The chunk that is next, or behind one under way; with all its rows: in the log or among the rejects, none is lost. */
const assertNext = (state: ImportState, { chunk, rows, rejects }: Chunk, before: Before | null): void => {
  const size = Math.min(state.chunkRows, state.rows - chunk * state.chunkRows);
  const isWhole = rows.length + linesOf(rejects) === size;
  const numbers = new Set(rows.map(({ recordId }) => Number(recordId)));
  const isOfFile = numbers.size === rows.length && [...numbers].every((number) => number < state.rows);
  if (!isInTurn(state, chunk, before) || !isWhole || !isOfFile)
    throw new LacunaError('IMPORT_CHUNK_INVALID', 'this is not the chunk that is next');
};

/** A number names a row within its import alone: the label dies with the keys of person and day. */
const labelled = (importId: string, rows: readonly ImportedRow[]): readonly LabelledRecord[] =>
  rows.map((record, index) => ({
    index,
    label: JSON.stringify(['import', importId, record.recordId]),
    record,
  }));

/** One word for whoever is not there: a reject must not tell which customer of the file was erased. */
const MEMBER_GONE: readonly string[] = [
  'MEMBER_NOT_FOUND',
  'SUBJECT_ERASED',
  'SUBJECT_RESTRICTED',
  'SUBJECT_UNKNOWN',
];

const wholeRow = (code: string): Omit<ImportReject, 'line'> => {
  if (MEMBER_GONE.includes(code)) return { field: 'member', rule: 'member-unknown' };
  if (code === 'OCCURRED_INVALID') return { field: 'occurred', rule: 'date' };
  if (code === 'OCCURRED_IN_FUTURE') return { field: 'occurred', rule: 'date-in-future' };
  return { field: 'row', rule: code };
};

/** A row that was refused for its own sake is a reject. Anything else is no answer about the row and ends the call. */
const rejectsOf = ({ rows }: Chunk, { index, about, error }: RefusedRecord): readonly ImportReject[] => {
  if (about === 'call' || !(error instanceof LacunaError)) throw error;
  const line = rows[index]?.line ?? 0;
  const { code, violations } = error;
  if (violations.length === 0) return [{ line, ...wholeRow(code) }];
  return violations.map(({ field, rule }) => ({ line, field, rule }));
};

/** Each looks like any other behaviour: that its contribution stands with the chunk is sealed with it. */
const writeEach = async (
  recording: Recording,
  placed: PlacedRecord,
  { hold, frame }: OpenNight,
): Promise<PlacedRecord> => {
  if (placed.kind !== 'live') return placed;
  const { label, day, body } = placed.record;
  const live = { label, day, body, keys: placed.keys, copy: { void: true } as const };
  await appendLive(recording, frame, live, hold);
  return placed;
};

const writeCopies = async (
  { ports: { store } }: Recording,
  chunkId: string,
  placed: readonly PlacedRecord[],
  { hold, frame }: OpenNight,
): Promise<void> => {
  const copies = placed.flatMap((one) => (one.kind === 'refused' ? [] : [copyOf(one.record, hold)]));
  await countChunk({ store, frame, hold }, chunkId, copies);
};

const writeChunk = (
  recording: Recording,
  { frame, chunk }: Pick<ImportBehaviourChunk, 'frame' | 'chunk'>,
  chunkId: string,
): Promise<ChunkResult> =>
  admitRecords(recording, frame, labelled(chunk.importId, chunk.rows), {
    each: (placed, night) => writeEach(recording, placed, night),
    rest: async (placed, refused, night) => {
      const all = [...refused, ...placed.filter((one) => one.kind === 'refused')];
      const rejects = [...chunk.rejects, ...all.flatMap((one) => rejectsOf(chunk, one))];
      if (night !== null) await writeCopies(recording, chunkId, placed, night);
      const count = (kind: PlacedRecord['kind']): number => placed.filter((one) => one.kind === kind).length;
      return {
        counts: { live: count('live'), countedOnly: count('late'), rejected: linesOf(rejects) },
        rejects,
      };
    },
  });

const writeInTurn = async (
  recording: Recording,
  { frame, chunk }: ImportBehaviourChunk,
  before: Before | null,
): Promise<BehaviourImport> => {
  const { ports } = recording;
  const { custody } = ports;
  const { tenant } = frame.caller;
  const { importId, chunk: number } = chunk;
  const [state, chunkId] = await Promise.all([
    openImport(ports, tenant, importId),
    custody.chunkId(tenant, importId, number),
  ]);
  if (number < state.nextChunk) return importOf(state, []);
  assertNext(state, chunk, before);
  const result = await writeChunk(recording, { frame, chunk }, chunkId);
  await before;
  const counts = await custody.completeChunk(tenant, importId, number, result);
  if (counts === null) return importOf(await openImport(ports, tenant, importId), []);
  return importOf({ ...state, nextChunk: number + 1, counts }, result.rejects);
};

/**
 * One chunk of an import: its live rows, then the copies of all its rows in one append, then the place in the import.
 * Killed between any two of these, the same chunk is sent again: rows are known by their number, the copies by the
 * chunk's, so each row counts once, whatever night falls between.
 *
 * The chunk behind one that is under way is written beside it and counted after it. Where the first one fails, the
 * second finds that it is not the next and is sent again behind it: what it wrote is known then, like a killed chunk's.
 *
 * A row whose day closes between two tries was appended live by the first and is counted only for the second. Both are
 * right: its copy stands with the chunk's in either case, and the event goes with its day, as all of that day do.
 * A member erased between two tries makes the second's counts of the chunk smaller than what was counted; the
 * statistics follow the copies that came first.
 */
export const importBehaviourChunk = async (
  recording: Recording,
  command: ImportBehaviourChunk,
): Promise<BehaviourImport> => {
  const { caller } = command.frame;
  const { importId, chunk } = command.chunk;
  mayImport(recording.ports, caller);
  // Nothing is awaited before: the chunk that comes next must find this one under way.
  return recording.chunks.take(`${caller.tenant} ${importId}`, chunk, (before) =>
    writeInTurn(recording, command, before),
  );
};
