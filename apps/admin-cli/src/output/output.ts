import type { ExitCode } from './cli-error.js';

/** What a command found: a document for programs, lines for people, and the exit code. */
export type CommandResult = Readonly<{ document: object; lines: readonly string[]; exitCode: ExitCode }>;

/** Where a command writes: one result on standard output, progress on standard error. */
export type Output = Readonly<{
  json: boolean;
  /** Standard error is a terminal, and a person watches it. */
  interactive: boolean;
  progress(text: string): void;
  result(result: CommandResult): void;
}>;

export const createOutput = (json: boolean): Output => ({
  json,
  interactive: process.stderr.isTTY,
  progress: (text) => void process.stderr.write(`${text}\n`),
  result: ({ document, lines }) =>
    void process.stdout.write(
      json ? `${JSON.stringify(document)}\n` : lines.map((line) => `${line}\n`).join(''),
    ),
});
