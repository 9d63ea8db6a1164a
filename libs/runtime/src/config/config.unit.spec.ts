import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig, settings, type Environment } from '@lacuna/runtime';

const ROOT = '/srv/club';
const problemsOf = (environment: Environment): ConfigError['problems'] => {
  try {
    loadConfig(environment, ROOT);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

it('runs with nothing given: embedded, on this machine only, with the demo issuer', () => {
  expect(loadConfig({ PATH: '/bin' }, ROOT)).toEqual({
    home: '/srv/club/.lacuna',
    databaseUrl: null,
    runtimeDatabaseUrl: null,
    logUrl: null,
    kafka: null,
    otlpUrl: null,
    grpc: { host: '127.0.0.1', port: 50051, given: false },
    grpcCertificate: null,
    grpcCaFile: null,
    http: { host: '127.0.0.1', port: 8051, given: false },
    keyFile: '/srv/club/.lacuna/keys/key-encryption-keys.json',
    packs: '/srv/club/infra/policy-packs',
    clock: null,
    auth: { kind: 'demo' },
    token: null,
    tokenFile: null,
    servers: { command: null, query: null, admin: null },
    log: { level: 'info', file: '/srv/club/.lacuna/log/lacuna.log' },
  });
});

it('takes what is given', () => {
  const config = loadConfig(
    {
      LACUNA_HOME: '/data',
      DATABASE_URL: 'postgres://owner:Zk93-hw2@db:5432/club',
      LACUNA_GRPC_ADDRESS: '[::1]:0',
      LACUNA_CLOCK: '1998-07-01T00:00+08:00',
      LACUNA_AUTH: 'jwks',
      LACUNA_JWKS_URL: 'https://id.example/jwks',
      LACUNA_TOKEN_ISSUER: 'https://id.example',
      LACUNA_TOKEN_AUDIENCE: 'lacuna',
      LACUNA_LOG_FILE: '-',
      LACUNA_LOG_LEVEL: '',
      LACUNA_TEST_DATABASE_URL: 'of a test',
    },
    ROOT,
  );
  expect(config).toMatchObject({
    databaseUrl: 'postgres://owner:Zk93-hw2@db:5432/club',
    grpc: { host: '::1', port: 0, given: true },
    keyFile: '/data/keys/key-encryption-keys.json',
    clock: '1998-06-30T16:00:00.000Z',
    auth: { kind: 'jwks', url: 'https://id.example/jwks', issuer: 'https://id.example', audience: 'lacuna' },
    log: { level: 'info', file: null },
  });
});

it('takes the engines beyond one machine', () => {
  const { logUrl, kafka, otlpUrl, servers } = loadConfig(
    {
      LACUNA_LOG_URL: 'esdb+discover://app:Zk93-hw2@one:2113,two:2113?tls=true',
      LACUNA_KAFKA_BROKERS: 'one:9092, two:9092',
      LACUNA_KAFKA_REPLICATION: '2',
      LACUNA_KAFKA_TLS: 'on',
      LACUNA_KAFKA_CA_FILE: '/ca.pem',
      LACUNA_OTLP_URL: 'http://collector:4318',
      LACUNA_ADMIN_URL: 'reactor:50054',
    },
    ROOT,
  );
  expect({ logUrl, kafka, otlpUrl, servers }).toEqual({
    logUrl: 'esdb+discover://app:Zk93-hw2@one:2113,two:2113?tls=true',
    kafka: {
      brokers: ['one:9092', 'two:9092'],
      replication: 2,
      tls: { caFile: '/ca.pem', certificate: null },
    },
    otlpUrl: 'http://collector:4318',
    servers: { command: null, query: null, admin: 'reactor:50054' },
  });
  expect(loadConfig({ LACUNA_KAFKA_BROKERS: 'one:9092' }, ROOT).kafka).toEqual({
    brokers: ['one:9092'],
    replication: 3,
    tls: null,
  });
});

it.each([
  ['standalone', 50_051, 8_051],
  ['command-api', 50_051, 8_051],
  ['query-api', 50_052, 8_052],
  ['projector', 0, 8_053],
  ['reactor', 50_054, 8_054],
] as const)('%s has a place of its own', (app, grpc, http) => {
  const config = loadConfig({}, ROOT, app);
  expect([config.grpc.port, config.http.port]).toEqual([grpc, http]);
  expect(config.log.file).toBe(
    `/srv/club/.lacuna/log/${app === 'standalone' ? 'lacuna' : `${app}-${process.pid}`}.log`,
  );
});

it('an app of its own needs no owner of the database; the one that migrates does', () => {
  const environment = { LACUNA_RUNTIME_DATABASE_URL: 'postgres://role:Zk93-hw2@db/club' };
  expect(loadConfig(environment, ROOT, 'query-api').runtimeDatabaseUrl).not.toBeNull();
  expect(problemsOf(environment)).toEqual([
    { key: 'DATABASE_URL', problem: 'is missing: LACUNA_RUNTIME_DATABASE_URL needs it' },
  ]);
});

it('G02 names a mistyped variable, and the one that was meant', () => {
  expect(problemsOf({ LACUNA_CLOK: '1998-07-01T00:00Z' })).toEqual([
    { key: 'LACUNA_CLOK', problem: 'is no variable of Lacuna; the nearest is LACUNA_CLOCK' },
  ]);
});

// A wrong value for each variable: whatever is added to the settings needs one here.
const wrong: Readonly<Record<string, string | null>> = {
  LACUNA_HOME: null,
  DATABASE_URL: 'mysql://hunter2canary',
  LACUNA_RUNTIME_DATABASE_URL: 'postgres://canary:hunter2@db',
  LACUNA_LOG_URL: 'esdb://canary@hunter2:2113',
  LACUNA_KAFKA_BROKERS: 'canary:9092,hunter2',
  LACUNA_KAFKA_REPLICATION: '0',
  LACUNA_KAFKA_TLS: 'canary',
  LACUNA_KAFKA_CA_FILE: null,
  LACUNA_KAFKA_CERT_FILE: null,
  LACUNA_KAFKA_CERT_KEY_FILE: null,
  LACUNA_GRPC_CERT_FILE: null,
  LACUNA_GRPC_CERT_KEY_FILE: null,
  LACUNA_GRPC_CA_FILE: null,
  LACUNA_OTLP_URL: 'canary',
  LACUNA_COMMAND_URL: 'canary',
  LACUNA_QUERY_URL: 'canary',
  LACUNA_ADMIN_URL: 'canary',
  LACUNA_GRPC_ADDRESS: 'canary:70000',
  LACUNA_HTTP_ADDRESS: 'canary',
  LACUNA_KEY_FILE: null,
  LACUNA_PACKS: null,
  LACUNA_CLOCK: '1998-07-01 canary',
  LACUNA_AUTH: 'canary',
  LACUNA_JWKS_URL: 'ftp://canary',
  LACUNA_TOKEN_ISSUER: ' ',
  LACUNA_TOKEN_AUDIENCE: ' ',
  LACUNA_TOKEN: ' ',
  LACUNA_LOG_LEVEL: 'canary',
  LACUNA_LOG_FILE: null,
};

it('G02 refuses a wrong value of each variable that can be wrong, with exit 3 and without its value', () => {
  expect(Object.keys(wrong).sort()).toEqual(settings.map(({ key }) => key).sort());
  const environment = Object.fromEntries(
    Object.entries(wrong).filter(([, value]) => value !== null),
  ) as Environment;
  const error = new ConfigError(problemsOf(environment));
  for (const key of Object.keys(environment))
    expect(error.problems.map((problem) => problem.key)).toContain(key);
  expect(error.exitCode).toBe(3);
  expect(error.message).not.toMatch(/canary|hunter2/);
});

it.each(['postgres', 'Password', 'changeme', 'lacuna'])('G02 refuses a default secret (%s)', (password) => {
  const [problem] = problemsOf({ DATABASE_URL: `postgres://owner:${password}@db/club` });
  expect(problem).toEqual({
    key: 'DATABASE_URL',
    problem: 'the password is a well-known default: choose one',
  });
});

it.each([
  ['DATABASE_URL', 'postgres://owner:100%canary@db/club'],
  ['LACUNA_LOG_URL', 'esdb://admin:100%canary@one:2113'],
])('G02 says of a password that cannot be read where it stands, and not what it is (%s)', (key, value) => {
  expect(problemsOf({ [key]: value })).toEqual([{ key, problem: 'the password is not percent-encoded' }]);
});

it('G02 names each missing secret', () => {
  expect(problemsOf({ DATABASE_URL: 'postgres://owner@db/club' })).toEqual([
    { key: 'DATABASE_URL', problem: 'the password is missing' },
  ]);
  expect(problemsOf({ DATABASE_URL: 'postgres://owner@localhost/club?host=/run/postgresql' })).toEqual([]);
  expect(problemsOf({ LACUNA_AUTH: 'jwks', LACUNA_JWKS_URL: 'https://id.example/jwks' })).toEqual([
    { key: 'LACUNA_TOKEN_ISSUER', problem: 'is missing: LACUNA_AUTH=jwks needs it' },
    { key: 'LACUNA_TOKEN_AUDIENCE', problem: 'is missing: LACUNA_AUTH=jwks needs it' },
  ]);
});

it('G02 takes an EventStoreDB without a password only where it asks for none', () => {
  const problem = (url: string) => problemsOf({ LACUNA_LOG_URL: url })[0]?.problem;
  expect(problem('esdb://127.0.0.1:2113?tls=false')).toBeUndefined();
  expect(problem('esdb://127.0.0.1:2113')).toBe('the password is missing');
  expect(problem('esdb://admin:changeit@one:2113,two:2113')).toContain('well-known default');
});

it('G02 names what a variable of Kafka is useless without', () => {
  expect(problemsOf({ LACUNA_KAFKA_CA_FILE: '/ca.pem', LACUNA_KAFKA_REPLICATION: '1' })).toEqual([
    { key: 'LACUNA_KAFKA_BROKERS', problem: 'is missing: LACUNA_KAFKA_REPLICATION needs it' },
    { key: 'LACUNA_KAFKA_TLS', problem: 'is missing: LACUNA_KAFKA_CA_FILE needs it' },
  ]);
});

it.each(['LACUNA_KAFKA_CA_FILE', 'LACUNA_KAFKA_CERT_FILE'])(
  'speaks to Kafka in the clear only where nobody has given what TLS is for (%s)',
  (key) => {
    const kafka = { LACUNA_KAFKA_BROKERS: 'one:9092', LACUNA_KAFKA_TLS: 'off', [key]: '/some.pem' };
    expect(problemsOf(kafka)).toContainEqual({
      key: 'LACUNA_KAFKA_TLS',
      problem: `must be on: ${key} needs it`,
    });
  },
);

it('shows the brokers a certificate only with its key', () => {
  const kafka = {
    LACUNA_KAFKA_BROKERS: 'one:9092',
    LACUNA_KAFKA_TLS: 'on',
    LACUNA_KAFKA_CERT_FILE: '/c.pem',
  };
  expect(problemsOf(kafka)).toEqual([
    { key: 'LACUNA_KAFKA_CERT_KEY_FILE', problem: 'is missing: LACUNA_KAFKA_CERT_FILE needs it' },
  ]);
  expect(loadConfig({ ...kafka, LACUNA_KAFKA_CERT_KEY_FILE: '/k.pem' }, ROOT).kafka?.tls).toEqual({
    caFile: null,
    certificate: { certFile: '/c.pem', keyFile: '/k.pem' },
  });
});

it('serves over TLS with a certificate and its key, never with half of it', () => {
  expect(problemsOf({ LACUNA_GRPC_CERT_KEY_FILE: '/k.pem' })).toEqual([
    { key: 'LACUNA_GRPC_CERT_FILE', problem: 'is missing: LACUNA_GRPC_CERT_KEY_FILE needs it' },
  ]);
  const both = { LACUNA_GRPC_CERT_FILE: '/c.pem', LACUNA_GRPC_CERT_KEY_FILE: '/k.pem' };
  expect(loadConfig(both, ROOT).grpcCertificate).toEqual({ certFile: '/c.pem', keyFile: '/k.pem' });
});

it('documents every variable, with what holds without it', () => {
  const readme = readFileSync(join('libs', 'runtime', 'README.md'), 'utf8');
  for (const { key, about, otherwise } of settings)
    expect(readme).toContain(`| \`${key}\` | ${about} | ${otherwise} |`);
});
