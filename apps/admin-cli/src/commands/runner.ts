import { CliError } from '../output/cli-error.js';
import type { CommandRun } from './command-context.js';

/** Runs a command's work within the options that all share, and ends with its exit code. */
export type Runner = <Options>(run: CommandRun<Options>, options: Options) => Promise<void>;

/** `name,mobile` as an option's value. */
export const listOf = (text: string): readonly string[] => text.split(',').filter((item) => item !== '');

/** For an option that may be repeated. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `--set item=value`, as many as were given. */
export const assignmentsOf = (assignments: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    assignments.map((assignment) => {
      const [name = '', ...rest] = assignment.split('=');
      if (name === '' || rest.length === 0) throw new CliError(2, '--set takes item=value');
      return [name, rest.join('=')];
    }),
  );

/** Details as `--set` takes them, on one line. */
export const assignmentsText = (details: Readonly<Record<string, string>>): string =>
  Object.entries(details)
    .map(([item, value]) => `${item}=${value}`)
    .join(' ');
