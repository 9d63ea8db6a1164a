import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program of this machine is; null where it has none of that name. */
export const onPath = (program: string): string | null =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path)) ?? null;

/** Runs a program to its end and gives what it answered; throws what it said when it failed. */
export const runToEnd = (
  [program = '', ...args]: readonly string[],
  options: Readonly<{ env?: NodeJS.ProcessEnv; cwd?: string; input?: string }> = {},
): string => {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (done.error) throw done.error;
  if (done.status !== 0)
    throw new Error(
      `${program} ended with ${done.status}: ${`${done.stdout}${done.stderr}`.trim().slice(-2_000)}`,
    );
  return done.stdout;
};
