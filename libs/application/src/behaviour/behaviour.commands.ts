import { Command, Query } from '@nestjs/cqrs';
import type { LocalDate } from '@lacuna/domain/kernel';
import type { Caller, RequestFrame } from '../caller.js';

/** Whose it is: the member's id, or the caller's own number for them; neither for a member's own request. */
export type MemberName = Readonly<{ memberId?: string; customerNumber?: string }>;

/** One thing that a member did. `occurred`: an instant (RFC 3339) or a local date. `details` as the kind's form has them. */
export type BehaviourRecord = Readonly<{
  /** The record's own request id, whatever other records it came with: a retry may come in other company. */
  recordId: string;
  member: MemberName;
  kind: string;
  occurred: string;
  details: Readonly<Record<string, string>>;
}>;

/** `recorded`: sealed and live, with the handle for a correction. `counted-only`: its window has closed. */
export type BehaviourAnswer =
  | Readonly<{ kind: 'recorded'; behaviourId: string; day: LocalDate }>
  | Readonly<{ kind: 'counted-only'; day: LocalDate }>
  | Readonly<{ kind: 'refused'; error: unknown }>;

/** 1 to 500 records, an answer for each in their order; a refused one hurts no other. */
export class RecordBehaviours extends Command<readonly BehaviourAnswer[]> {
  constructor(
    readonly frame: RequestFrame,
    readonly records: readonly BehaviourRecord[],
  ) {
    super();
  }
}

/** The right details of a behaviour, under its own day. `BEHAVIOUR_ANONYMISED` when that day has closed. */
export class CorrectBehaviour extends Command<void> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{
      memberId: string;
      behaviourId: string;
      details: Readonly<Record<string, string>>;
    }>,
  ) {
    super();
  }
}

/** How far an import is. `rejects`: of a chunk its own; where an import is begun or taken up, all so far. */
export type BehaviourImport = Readonly<{
  importId: string;
  /** Hex; of the permutation in which the rows are to come. */
  seed: string;
  nextChunk: number;
  chunkRows: number;
  live: number;
  countedOnly: number;
  rejected: number;
  rejects: readonly Readonly<{ line: number; field: string; rule: string }>[];
}>;

/**
 * Begins the import of a file, or goes on with it; its rows come in chunks, in the order of the seed. Answers with what
 * was refused so far of lines behind `rejectsAfter`: some thousands of lines, ask again for those behind them.
 */
export class BeginBehaviourImport extends Command<BehaviourImport> {
  constructor(
    readonly caller: Caller,
    readonly file: Readonly<{ kind: string; length: number; sha256: string; rows: number }>,
    readonly rejectsAfter = 0,
  ) {
    super();
  }
}

/** `recordId`: the row's number among those to bring in. */
export type ImportedRow = BehaviourRecord & Readonly<{ line: number }>;

/** One chunk, in its turn; repeated, it changes nothing. Rows that the caller itself refused are `rejects`. */
export class ImportBehaviourChunk extends Command<BehaviourImport> {
  constructor(
    readonly frame: RequestFrame,
    readonly chunk: Readonly<{
      importId: string;
      chunk: number;
      rows: readonly ImportedRow[];
      rejects: readonly Readonly<{ line: number; field: string; rule: string }>[];
    }>,
  ) {
    super();
  }
}

/** Ends an import: `complete` remembers the file for ever, else it is abandoned with what came in. */
export class EndBehaviourImport extends Command<void> {
  constructor(
    readonly frame: RequestFrame,
    readonly data: Readonly<{ importId: string; complete: boolean }>,
  ) {
    super();
  }
}

export type OpenImport = Readonly<{
  importId: string;
  kind: string;
  rows: number;
  rowsIn: number;
  begunAt: string;
}>;

/** Imports that were begun and neither finished nor abandoned. */
export class ListOpenImports extends Query<readonly OpenImport[]> {
  constructor(readonly caller: Caller) {
    super();
  }
}
