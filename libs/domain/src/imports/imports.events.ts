import { count, declareEvent, sha256, word, type DomainEvent } from '../kernel/index.js';

/** A file was imported to its end: a file that begins with these bytes brings in only what follows, for ever. */
export type ImportCompleted = DomainEvent<
  'ImportCompleted',
  { kind: string; length: number; sha256: string; rows: number }
>;

export type ImportEvent = ImportCompleted;

export const importDeclarations = [
  declareEvent<ImportCompleted>('ImportCompleted', 1, {
    subject: null,
    fields: { kind: word, length: count, sha256, rows: count },
  }),
];
