import { Command, Query } from '@nestjs/cqrs';
import type { Caller, RequestFrame } from '../caller.js';

/** A file that was imported to its end: known for ever by its length and digest, never by its content. */
export type CompletedImport = Readonly<{ kind: string; length: number; sha256: string; rows: number }>;

export class CompleteImport extends Command<void> {
  constructor(
    readonly frame: RequestFrame,
    readonly completed: CompletedImport,
  ) {
    super();
  }
}

export class ListCompletedImports extends Query<readonly CompletedImport[]> {
  constructor(
    readonly caller: Caller,
    readonly kind: string,
  ) {
    super();
  }
}
