import { copyLog, openLogEnd, type CopyReport } from '@lacuna/event-store';
import { CliError } from '../output/cli-error.js';
import type { CommandResult } from '../output/output.js';
import type { CommandContext } from './command-context.js';

export type CopyLogOptions = Readonly<{ from: string; to: string }>;

const PROGRESS_EVERY = 10_000n;

/** A URL, or `env:NAME` for one that has a password and must stand in no list of processes and no history. */
const urlOf = (option: string, given: string): string => {
  if (!given.startsWith('env:')) return given;
  const url = process.env[given.slice('env:'.length)];
  if (url === undefined || url === '') throw new CliError(2, `${option}: this variable is not set`);
  return url;
};

const linesOf = ({ found, loaded, proof }: CopyReport): readonly string[] => [
  `${String(loaded)} events loaded, ${String(found)} were there already`,
  `both logs hold the same ${String(proof.events)} events in the same order`,
  `sha256 ${proof.sha256}`,
];

/**
 * `copy-log`: brings a log to another engine, or to another of the same kind, past the servers, and proves both equal.
 * Broken off, it goes on where it was when it is run again.
 */
export const copyLogCommand = async (
  { output }: CommandContext,
  options: CopyLogOptions,
): Promise<CommandResult> => {
  const source = await openLogEnd(urlOf('--from', options.from));
  try {
    const target = await openLogEnd(urlOf('--to', options.to));
    try {
      const report = await copyLog({
        source: source.store,
        target: target.store,
        openLoader: () => target.openLoader(),
        onProgress: (events) => {
          if (events % PROGRESS_EVERY === 0n) output.progress(`${String(events)} events`);
        },
      });
      const { found, loaded, proof } = report;
      return {
        document: {
          from: source.engine,
          to: target.engine,
          found: String(found),
          loaded: String(loaded),
          events: String(proof.events),
          sha256: proof.sha256,
        },
        lines: linesOf(report),
        exitCode: 0,
      };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
};
