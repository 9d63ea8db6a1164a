import { Command } from 'commander';
import { adoptLogCommand } from './adopt-log.command.js';
import { copyLogCommand, type CopyLogOptions } from './copy-log.command.js';
import type { Runner } from './runner.js';

export const copyLogProgram = (run: Runner): Command =>
  new Command('copy-log')
    .description('bring a whole log to another engine, as its owner, and prove both equal; can be run again')
    .requiredOption(
      '--from <url>',
      'postgres://, esdb:// or esdb+discover://, or env:NAME of a variable that holds it',
    )
    .requiredOption('--to <url>', 'as --from; empty, or a beginning of the same log')
    .action((options: CopyLogOptions) => run(copyLogCommand, options));

export const adoptLogProgram = (run: Runner): Command =>
  new Command('adopt-log')
    .description('let the database follow the log that is configured now, from its beginning')
    .action(() => run(adoptLogCommand, {}));
