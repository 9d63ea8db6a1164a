/** One variable that cannot be used, and why. Never its value. */
export type ConfigProblem = Readonly<{ key: string; problem: string }>;

/** The configuration is wrong: nothing was started. The process ends with `exitCode`. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
  readonly exitCode = 3;

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ key, problem }) => `${key}: ${problem}`).join('\n'));
    this.name = 'ConfigError';
  }
}
