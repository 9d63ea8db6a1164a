import { join } from 'node:path';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { parseAddress, parseSetting, type Address } from './parse-setting.js';
import { settings, type SettingKey } from './settings.js';

/** Where to listen, and whether somebody said so: a default that is taken gives way to a free port. */
export type Listen = Address & Readonly<{ given: boolean }>;

export type AuthConfig =
  Readonly<{ kind: 'demo' }> | Readonly<{ kind: 'jwks'; url: string; issuer: string; audience: string }>;

/** The configuration of a process, whole and checked: nobody else reads the environment. */
export type Config = Readonly<{
  home: string;
  databaseUrl: string | null;
  runtimeDatabaseUrl: string | null;
  grpc: Listen;
  http: Listen;
  keyFile: string;
  packs: string;
  /** The instant a new store's simulated clock starts at. */
  clock: string | null;
  auth: AuthConfig;
  /** What the command line calls with, where it is not a demo token. */
  token: string | null;
  /** `file: null` is standard error. */
  log: Readonly<{ level: string; file: string | null }>;
}>;

export type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Partial<Record<SettingKey, string>>>;

// Variables of the test runs, which a product started by a test inherits.
const OF_TESTS = 'LACUNA_TEST_';

const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[other.length] ?? 0;
};

const nearest = (key: string): string =>
  settings
    .map((setting) => setting.key)
    .reduce((best, next) => (distance(key, next) < distance(key, best) ? next : best));

const unknownKeys = (environment: Environment): readonly ConfigProblem[] =>
  Object.keys(environment)
    .filter((key) => key.startsWith('LACUNA_') && !key.startsWith(OF_TESTS))
    .filter((key) => !settings.some((setting) => setting.key === key))
    .map((key) => ({ key, problem: `is no variable of Lacuna; the nearest is ${nearest(key)}` }));

const readValues = (environment: Environment): Readonly<{ values: Values; problems: ConfigProblem[] }> => {
  const values: Partial<Record<SettingKey, string>> = {};
  const problems: ConfigProblem[] = [];
  for (const { key, kind } of settings) {
    const text = environment[key];
    if (text === undefined || text === '') continue;
    const parsed = parseSetting(kind, text);
    if ('problem' in parsed) problems.push({ key, problem: parsed.problem });
    else values[key] = parsed.value;
  }
  return { values, problems };
};

const NEEDED_BY_JWKS = ['LACUNA_JWKS_URL', 'LACUNA_TOKEN_ISSUER', 'LACUNA_TOKEN_AUDIENCE'] as const;

const contradictions = (values: Values, wrong: ReadonlySet<string>): readonly ConfigProblem[] => {
  const found: ConfigProblem[] = [];
  if (values.LACUNA_AUTH === 'jwks')
    for (const key of NEEDED_BY_JWKS)
      if (values[key] === undefined && !wrong.has(key))
        found.push({ key, problem: 'is missing: LACUNA_AUTH=jwks needs it' });
  if (values.LACUNA_RUNTIME_DATABASE_URL !== undefined && values.DATABASE_URL === undefined)
    found.push({ key: 'DATABASE_URL', problem: 'is missing: LACUNA_RUNTIME_DATABASE_URL needs it' });
  return found;
};

const listen = (given: string | undefined, port: number): Listen => {
  const address = given === undefined ? null : parseAddress(given);
  return address ? { ...address, given: true } : { host: '127.0.0.1', port, given: false };
};

const authOf = (values: Values): AuthConfig =>
  values.LACUNA_AUTH === 'jwks'
    ? {
        kind: 'jwks',
        url: values.LACUNA_JWKS_URL ?? '',
        issuer: values.LACUNA_TOKEN_ISSUER ?? '',
        audience: values.LACUNA_TOKEN_AUDIENCE ?? '',
      }
    : { kind: 'demo' };

const logOf = (values: Values, home: string): Config['log'] => {
  const file = values.LACUNA_LOG_FILE ?? join(home, 'log', 'lacuna.log');
  return { level: values.LACUNA_LOG_LEVEL ?? 'info', file: file === '-' ? null : file };
};

/**
 * Reads the environment, all of it at once. Throws `ConfigError` (exit code 3) with every variable that is wrong,
 * unknown or missing; no message holds a value. `root` is the checkout, which the defaults are relative to.
 */
export const loadConfig = (environment: Environment, root: string): Config => {
  const { values, problems } = readValues(environment);
  const wrong = new Set(problems.map(({ key }) => key));
  const all = [...unknownKeys(environment), ...problems, ...contradictions(values, wrong)];
  if (all.length > 0) throw new ConfigError(all);
  const home = values.LACUNA_HOME ?? join(root, '.lacuna');
  return {
    home,
    databaseUrl: values.DATABASE_URL ?? null,
    runtimeDatabaseUrl: values.LACUNA_RUNTIME_DATABASE_URL ?? null,
    grpc: listen(values.LACUNA_GRPC_ADDRESS, 50_051),
    http: listen(values.LACUNA_HTTP_ADDRESS, 8_051),
    keyFile: values.LACUNA_KEY_FILE ?? join(home, 'keys', 'key-encryption-keys.json'),
    packs: values.LACUNA_PACKS ?? join(root, 'infra', 'policy-packs'),
    clock: values.LACUNA_CLOCK ?? null,
    auth: authOf(values),
    token: values.LACUNA_TOKEN ?? null,
    log: logOf(values, home),
  };
};
