import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

/** One thing wrong with a line: where and which rule. Never a value. */
export type Reject = Readonly<{ line: number; field: string; rule: string }>;

const HEADER = 'line,field,rule\n';

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Where the rejects of a file go unless its importer is told otherwise. */
export const rejectsPath = (file: string): string => `${file.replace(/\.csv$/i, '')}.rejects.csv`;

/**
 * What was refused, as CSV: the line of the file, the column (or `row`), the rule. Nothing of the line itself, so that
 * the file may be kept, mailed and committed. Made at the first reject; what an earlier run left is replaced.
 */
export class RejectsFile {
  #handle: number | null = null;
  #lines = 0;
  #lastLine = 0;

  constructor(readonly path: string) {
    rmSync(path, { force: true });
  }

  /** How many lines of the file were refused; a line with two faults counts once. */
  get lines(): number {
    return this.#lines;
  }

  write(rejects: readonly Reject[]): void {
    for (const { line, field, rule } of rejects) {
      this.#handle ??= this.#open();
      writeSync(this.#handle, `${line},${cell(field)},${cell(rule)}\n`);
      if (line !== this.#lastLine) this.#lines += 1;
      this.#lastLine = line;
    }
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  #open(): number {
    const handle = openSync(this.path, 'w', 0o600);
    writeSync(handle, HEADER);
    return handle;
  }
}
