import { CommanderError, type Command } from 'commander';
import { ConfigError, loadConfig, type Environment } from '@lacuna/runtime';
import { LacunaError } from '@lacuna/domain/kernel';
import { CliError, type ExitCode } from './output/cli-error.js';
import { createOutput, type Output } from './output/output.js';
import { createProgram } from './program.js';

// Wrong usage throws instead of ending the process, in every command of the tree.
const throwsOnUsage = (command: Command): void => {
  command.exitOverride();
  for (const child of command.commands) throwsOnUsage(child);
};

type Failure = Readonly<{ exitCode: ExitCode; code: string; message: string; details?: object }>;

const failureOf = (error: unknown): Failure => {
  if (error instanceof CliError)
    return {
      exitCode: error.exitCode,
      code: error.details.reason ?? (error.exitCode === 2 ? 'USAGE_OR_UNREACHABLE' : 'REFUSED'),
      message: error.message,
      details: error.details,
    };
  if (error instanceof ConfigError) return { exitCode: 2, code: error.code, message: error.message };
  if (error instanceof LacunaError) return { exitCode: 2, code: error.code, message: error.message };
  // A driver's or parser's message may quote a value: its kind is all that is said.
  const name = error instanceof Error ? error.name : typeof error;
  const { code } = error instanceof Error ? (error as { code?: unknown }) : {};
  return {
    exitCode: 2,
    code: 'INTERNAL',
    message: `failed: ${name}${typeof code === 'string' ? ` ${code}` : ''}`,
  };
};

const report = (output: Output, { exitCode, code, message, details = {} }: Failure): ExitCode => {
  output.progress(message);
  if (output.json) output.result({ document: { error: { code, message, ...details } }, lines: [], exitCode });
  return exitCode;
};

// Commander has said on standard error what is wrong, or shown the help that was asked for.
const reportUsage = (output: Output, { exitCode, message }: CommanderError): ExitCode => {
  if (exitCode === 0) return 0;
  if (output.json)
    output.result({ document: { error: { code: 'USAGE_OR_UNREACHABLE', message } }, lines: [], exitCode: 2 });
  return 2;
};

/** Runs the command line once; resolves to its exit code. */
export const runCli = async (
  argv: readonly string[],
  environment: Environment,
  root: string,
): Promise<ExitCode> => {
  const output = createOutput(argv.includes('--json'));
  let exitCode: ExitCode = 0;
  const program = createProgram(async (work, { tenant, server }) => {
    const config = loadConfig(environment, root, 'admin-cli');
    const result = await work({ config, output, tenant, address: server });
    output.result(result);
    exitCode = result.exitCode;
  });
  throwsOnUsage(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(output, error);
    return report(output, failureOf(error));
  }
};
