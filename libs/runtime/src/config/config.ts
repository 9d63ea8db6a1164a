import { join } from 'node:path';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { parseAddress, parseSetting, type Address } from './parse-setting.js';
import { secretFileKeys, withSecretFiles } from './secret-files.js';
import { settings, type SettingKey } from './settings.js';

/** What a process is. */
export type AppName = keyof typeof defaultPorts;

const defaultPorts = {
  standalone: { grpc: 50_051, http: 8_051 },
  'command-api': { grpc: 50_051, http: 8_051 },
  'query-api': { grpc: 50_052, http: 8_052 },
  projector: { grpc: 0, http: 8_053 },
  reactor: { grpc: 50_054, http: 8_054 },
  'admin-cli': { grpc: 0, http: 0 },
} as const;

/** Where to listen, and whether somebody said so: a default that is taken gives way to a free port. */
export type Listen = Address & Readonly<{ given: boolean }>;

export type AuthConfig =
  Readonly<{ kind: 'demo' }> | Readonly<{ kind: 'jwks'; url: string; issuer: string; audience: string }>;

/** A certificate and its key, as files. */
export type CertificateFiles = Readonly<{ certFile: string; keyFile: string }>;

/** Where the relay publishes. `tls: null`: in the clear. */
export type KafkaConfig = Readonly<{
  brokers: readonly string[];
  replication: number;
  tls: Readonly<{
    caFile: string | null;
    /** What the relay shows of itself; null: nothing, and the brokers must not ask. */
    certificate: CertificateFiles | null;
  }> | null;
}>;

/** The configuration of a process, whole and checked: nobody else reads the environment. */
export type Config = Readonly<{
  home: string;
  databaseUrl: string | null;
  runtimeDatabaseUrl: string | null;
  /** The log on an EventStoreDB; null: it is in the database. */
  logUrl: string | null;
  /** null: nothing is published. */
  kafka: KafkaConfig | null;
  /** Where traces go; null: nowhere. */
  otlpUrl: string | null;
  grpc: Listen;
  /** What gRPC is served with; null: in the clear. */
  grpcCertificate: CertificateFiles | null;
  /** Who has signed what the command line is shown; null: it calls in the clear. */
  grpcCaFile: string | null;
  http: Listen;
  keyFile: string;
  packs: string;
  /** The instant a new store's simulated clock starts at. */
  clock: string | null;
  auth: AuthConfig;
  /** What the command line calls with, where it is not a demo token. */
  token: string | null;
  /** Where that token was read, and will be again: whoever wrote it there renews it. */
  tokenFile: string | null;
  /** Which servers the command line calls, where they do not run on this home. */
  servers: Readonly<{ command: string | null; query: string | null; admin: string | null }>;
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
    .filter((key) => !secretFileKeys.includes(key) && !settings.some((setting) => setting.key === key))
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

/** What one variable needs of another. `value`: only when it has this one; `on`: what must be given and be on. */
const needs: readonly Readonly<{
  key: SettingKey;
  value?: string;
  needs: readonly SettingKey[];
  on?: SettingKey;
}>[] = [
  {
    key: 'LACUNA_AUTH',
    value: 'jwks',
    needs: ['LACUNA_JWKS_URL', 'LACUNA_TOKEN_ISSUER', 'LACUNA_TOKEN_AUDIENCE'],
  },
  { key: 'LACUNA_KAFKA_REPLICATION', needs: ['LACUNA_KAFKA_BROKERS'] },
  { key: 'LACUNA_KAFKA_TLS', needs: ['LACUNA_KAFKA_BROKERS'] },
  { key: 'LACUNA_KAFKA_CA_FILE', needs: ['LACUNA_KAFKA_TLS'], on: 'LACUNA_KAFKA_TLS' },
  {
    key: 'LACUNA_KAFKA_CERT_FILE',
    needs: ['LACUNA_KAFKA_TLS', 'LACUNA_KAFKA_CERT_KEY_FILE'],
    on: 'LACUNA_KAFKA_TLS',
  },
  { key: 'LACUNA_KAFKA_CERT_KEY_FILE', needs: ['LACUNA_KAFKA_CERT_FILE'] },
  { key: 'LACUNA_GRPC_CERT_FILE', needs: ['LACUNA_GRPC_CERT_KEY_FILE'] },
  { key: 'LACUNA_GRPC_CERT_KEY_FILE', needs: ['LACUNA_GRPC_CERT_FILE'] },
];

// The one that migrates needs the owner; an app of its own does not, and is safer without.
const ofStandalone: typeof needs = [{ key: 'LACUNA_RUNTIME_DATABASE_URL', needs: ['DATABASE_URL'] }];

const contradictions = (values: Values, wrong: ReadonlySet<string>, app: AppName): readonly ConfigProblem[] =>
  [...needs, ...(app === 'standalone' ? ofStandalone : [])]
    .filter(({ key, value }) => (value === undefined ? values[key] !== undefined : values[key] === value))
    .flatMap(({ key: by, value, needs: needed, on }) => [
      ...needed
        .filter((key) => values[key] === undefined && !wrong.has(key))
        .map((key) => ({
          key,
          problem: `is missing: ${by}${value === undefined ? '' : `=${value}`} needs it`,
        })),
      ...(on !== undefined && values[on] === 'off'
        ? [{ key: on, problem: `must be on: ${by} needs it` }]
        : []),
    ]);

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

const certificateOf = (certFile: string | undefined, keyFile: string | undefined): CertificateFiles | null =>
  certFile === undefined || keyFile === undefined ? null : { certFile, keyFile };

const kafkaTlsOf = (values: Values): KafkaConfig['tls'] => {
  if (values.LACUNA_KAFKA_TLS !== 'on') return null;
  return {
    caFile: values.LACUNA_KAFKA_CA_FILE ?? null,
    certificate: certificateOf(values.LACUNA_KAFKA_CERT_FILE, values.LACUNA_KAFKA_CERT_KEY_FILE),
  };
};

const kafkaOf = (values: Values): KafkaConfig | null =>
  values.LACUNA_KAFKA_BROKERS === undefined
    ? null
    : {
        brokers: values.LACUNA_KAFKA_BROKERS.split(','),
        replication: Number(values.LACUNA_KAFKA_REPLICATION ?? 3),
        tls: kafkaTlsOf(values),
      };

// Several processes of an app run on one home: no two write one file.
const logName = (app: AppName): string => (app === 'standalone' ? 'lacuna.log' : `${app}-${process.pid}.log`);

const logOf = (values: Values, home: string, app: AppName): Config['log'] => {
  const file = values.LACUNA_LOG_FILE ?? join(home, 'log', logName(app));
  return { level: values.LACUNA_LOG_LEVEL ?? 'info', file: file === '-' ? null : file };
};

const configOf = (values: Values, root: string, app: AppName): Omit<Config, 'tokenFile'> => {
  const given = (key: SettingKey): string | null => values[key] ?? null;
  const home = given('LACUNA_HOME') ?? join(root, '.lacuna');
  return {
    home,
    databaseUrl: given('DATABASE_URL'),
    runtimeDatabaseUrl: given('LACUNA_RUNTIME_DATABASE_URL'),
    logUrl: given('LACUNA_LOG_URL'),
    kafka: kafkaOf(values),
    otlpUrl: given('LACUNA_OTLP_URL'),
    grpc: listen(values.LACUNA_GRPC_ADDRESS, defaultPorts[app].grpc),
    grpcCertificate: certificateOf(values.LACUNA_GRPC_CERT_FILE, values.LACUNA_GRPC_CERT_KEY_FILE),
    grpcCaFile: given('LACUNA_GRPC_CA_FILE'),
    http: listen(values.LACUNA_HTTP_ADDRESS, defaultPorts[app].http),
    keyFile: given('LACUNA_KEY_FILE') ?? join(home, 'keys', 'key-encryption-keys.json'),
    packs: given('LACUNA_PACKS') ?? join(root, 'infra', 'policy-packs'),
    clock: given('LACUNA_CLOCK'),
    auth: authOf(values),
    token: given('LACUNA_TOKEN'),
    servers: {
      command: given('LACUNA_COMMAND_URL'),
      query: given('LACUNA_QUERY_URL'),
      admin: given('LACUNA_ADMIN_URL'),
    },
    log: logOf(values, home, app),
  };
};

/**
 * Reads the environment, all of it at once. Throws `ConfigError` (exit code 3) with every variable that is wrong,
 * unknown or missing; no message holds a value. `root` is the checkout, which the defaults are relative to; so are
 * they to what the process is.
 */
export const loadConfig = (given: Environment, root: string, app: AppName = 'standalone'): Config => {
  const { environment, problems: unread } = withSecretFiles(given);
  const { values, problems } = readValues(environment);
  const wrong = new Set([...problems, ...unread].map(({ key }) => key.replace(/_URL_FILE$/, '_URL')));
  const all = [...unknownKeys(given), ...unread, ...problems, ...contradictions(values, wrong, app)];
  if (all.length > 0) throw new ConfigError(all);
  return { ...configOf(values, root, app), tokenFile: given['LACUNA_TOKEN_FILE'] || null };
};
