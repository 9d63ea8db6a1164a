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

type Chunk = ImportBehaviourChunk['chunk'];

const linesOf = (rejects: readonly ImportReject[]): number => new Set(rejects.map(({ line }) => line)).size;

/** The chunk that is next, with all its rows: in the log or among the rejects, none is lost. */
const assertNext = (state: ImportState, { chunk, rows, rejects }: Chunk): void => {
  const size = Math.min(state.chunkRows, state.rows - chunk * state.chunkRows);
  const isWhole = rows.length + linesOf(rejects) === size;
  const numbers = new Set(rows.map(({ recordId }) => recordId));
  if (chunk !== state.nextChunk || !isWhole || numbers.size !== rows.length)
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
  { ports: { store, custody } }: Recording,
  { importId, chunk }: Pick<Chunk, 'importId' | 'chunk'>,
  placed: readonly PlacedRecord[],
  { hold, frame }: OpenNight,
): Promise<void> => {
  const copies = placed.flatMap((one) => (one.kind === 'refused' ? [] : [copyOf(one.record, hold)]));
  const chunkId = await custody.chunkId(frame.tenant, importId, chunk);
  await countChunk({ store, frame, hold }, chunkId, copies);
};

const writeChunk = (
  recording: Recording,
  { frame, chunk }: Pick<ImportBehaviourChunk, 'frame' | 'chunk'>,
): Promise<ChunkResult> =>
  admitRecords(recording, frame, labelled(chunk.importId, chunk.rows), {
    each: (placed, night) => writeEach(recording, placed, night),
    rest: async (placed, refused, night) => {
      const all = [...refused, ...placed.filter((one) => one.kind === 'refused')];
      const rejects = [...chunk.rejects, ...all.flatMap((one) => rejectsOf(chunk, one))];
      if (night !== null) await writeCopies(recording, chunk, placed, night);
      const count = (kind: PlacedRecord['kind']): number => placed.filter((one) => one.kind === kind).length;
      return {
        counts: { live: count('live'), countedOnly: count('late'), rejected: linesOf(rejects) },
        rejects,
      };
    },
  });

/**
 * One chunk of an import: its live rows, then the copies of all its rows in one append, then the place in the import.
 * Killed between any two of these, the same chunk is sent again: rows are known by their number, the copies by the
 * chunk's, so each row counts once, whatever night falls between.
 *
 * A row whose day closes between two tries was appended live by the first and is counted only for the second. Both are
 * right: its copy stands with the chunk's in either case, and the event goes with its day, as all of that day do.
 * A member erased between two tries makes the second's counts of the chunk smaller than what was counted; the
 * statistics follow the copies that came first.
 */
export const importBehaviourChunk = async (
  recording: Recording,
  { frame, chunk }: ImportBehaviourChunk,
): Promise<BehaviourImport> => {
  const { ports } = recording;
  const { tenant } = frame.caller;
  mayImport(ports, frame.caller);
  const state = await openImport(ports, tenant, chunk.importId);
  if (chunk.chunk < state.nextChunk) return importOf(state, []);
  assertNext(state, chunk);
  const result = await writeChunk(recording, { frame, chunk });
  const isFirst = await ports.custody.completeChunk(tenant, chunk.importId, chunk.chunk, result);
  if (!isFirst) return importOf(await openImport(ports, tenant, chunk.importId), []);
  const { live, countedOnly, rejected } = state.counts;
  const counts = {
    live: live + result.counts.live,
    countedOnly: countedOnly + result.counts.countedOnly,
    rejected: rejected + result.counts.rejected,
  };
  return importOf({ ...state, nextChunk: chunk.chunk + 1, counts }, result.rejects);
};
