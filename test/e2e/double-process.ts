import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join('dist', 'libs', 'testing', 'src', 'eventstoredb', 'eventstoredb-double-main.js');

/** A double of EventStoreDB as a process of its own; `file`: where it keeps its log, else in memory. */
export type DoubleProcess = Readonly<{ url: string; child: ChildProcess }>;

export const startDouble = async (file: string | null = null): Promise<DoubleProcess> => {
  const child = spawn(process.execPath, [MAIN, ...(file === null ? [] : ['--file', file])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: line.toString().trim(), child };
};

export const stopDouble = async ({ child }: Pick<DoubleProcess, 'child'>): Promise<void> => {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};
