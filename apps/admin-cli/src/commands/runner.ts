import type { CommandRun } from './command-context.js';

/** Runs a command's work within the options that all share, and ends with its exit code. */
export type Runner = <Options>(run: CommandRun<Options>, options: Options) => Promise<void>;

/** `name,mobile` as an option's value. */
export const listOf = (text: string): readonly string[] => text.split(',').filter((item) => item !== '');
