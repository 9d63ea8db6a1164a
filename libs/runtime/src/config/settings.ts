/** What kind of value a variable takes; each says in one phrase what it accepts, for the error and the documentation. */
export type SettingKind =
  | 'folder'
  | 'file'
  | 'address'
  | 'brokers'
  | 'copies'
  | 'instant'
  | 'postgres-url'
  | 'log-url'
  | 'http-url'
  | 'text'
  | 'switch'
  | 'level'
  | 'auth';

export type Setting = Readonly<{
  key: string;
  kind: SettingKind;
  about: string;
  /** What holds where the variable is not given, in words. */
  otherwise: string;
  /**
   * Its value opens something: checked for well-known defaults, and taken from a file too, by a variable of its name
   * with `_FILE` behind. No value is ever printed, secret or not.
   */
  secret?: true;
}>;

/** Every variable that the product reads. A `LACUNA_...` variable that is not here is a typing error, and refused. */
export const settings = [
  {
    key: 'LACUNA_HOME',
    kind: 'folder',
    about: 'Where this instance keeps what is its own: the embedded database, the key file, its log.',
    otherwise: '.lacuna in the checkout',
  },
  {
    key: 'DATABASE_URL',
    kind: 'postgres-url',
    about:
      'A PostgreSQL 15 or later to use instead of the embedded one, as the owner of the database: it migrates.',
    otherwise: 'the embedded PostgreSQL, in LACUNA_HOME/postgres',
    secret: true,
  },
  {
    key: 'LACUNA_RUNTIME_DATABASE_URL',
    kind: 'postgres-url',
    about:
      'The same database as its runtime role. All that an app of its own needs; whoever migrates gives DATABASE_URL too, and the role is granted what it may do.',
    otherwise: 'a role that the owner creates, its password random and kept in LACUNA_HOME',
    secret: true,
  },
  {
    key: 'LACUNA_LOG_URL',
    kind: 'log-url',
    about:
      'The log on an EventStoreDB: esdb:// or esdb+discover://, with name and password unless tls=false.',
    otherwise: 'the log is in the PostgreSQL',
    secret: true,
  },
  {
    key: 'LACUNA_KAFKA_BROKERS',
    kind: 'brokers',
    about: 'Where the relay finds Kafka: host:port, several with commas. The reactor app reads it.',
    otherwise: 'no relay: nothing is published',
  },
  {
    key: 'LACUNA_KAFKA_REPLICATION',
    kind: 'copies',
    about: 'On how many brokers each record lies; 1 for a single broker. Only with LACUNA_KAFKA_BROKERS.',
    otherwise: '3',
  },
  {
    key: 'LACUNA_KAFKA_TLS',
    kind: 'switch',
    about: 'Whether Kafka is spoken to over TLS: on or off. Only with LACUNA_KAFKA_BROKERS.',
    otherwise: 'off',
  },
  {
    key: 'LACUNA_KAFKA_CA_FILE',
    kind: 'file',
    about: 'Who has signed the brokers’ certificates (PEM). Only with LACUNA_KAFKA_TLS=on.',
    otherwise: 'the authorities that Node trusts',
  },
  {
    key: 'LACUNA_KAFKA_CERT_FILE',
    kind: 'file',
    about: 'The certificate that the relay shows the brokers (PEM). Only with LACUNA_KAFKA_TLS=on.',
    otherwise: 'none is shown',
  },
  {
    key: 'LACUNA_KAFKA_CERT_KEY_FILE',
    kind: 'file',
    about: 'The key of that certificate (PEM).',
    otherwise: 'not used',
  },
  {
    key: 'LACUNA_OTLP_URL',
    kind: 'http-url',
    about: 'Where traces go, an OTLP collector over HTTP. No trace holds a personal value.',
    otherwise: 'no traces leave the process',
  },
  {
    key: 'LACUNA_GRPC_ADDRESS',
    kind: 'address',
    about: 'Where this process serves gRPC.',
    otherwise:
      '127.0.0.1, or a free port where the one of the app is taken: standalone and command-api 50051, query-api 50052, reactor 50054',
  },
  {
    key: 'LACUNA_GRPC_CERT_FILE',
    kind: 'file',
    about: 'The certificate that gRPC is served with (PEM): over TLS, and no other way.',
    otherwise: 'in the clear: for a loopback address, or behind something that speaks TLS',
  },
  {
    key: 'LACUNA_GRPC_CERT_KEY_FILE',
    kind: 'file',
    about: 'The key of that certificate (PEM).',
    otherwise: 'not used',
  },
  {
    key: 'LACUNA_GRPC_CA_FILE',
    kind: 'file',
    about:
      'For the command line: who has signed the servers’ certificates (PEM). With it they are called over TLS.',
    otherwise: 'they are called in the clear',
  },
  {
    key: 'LACUNA_HTTP_ADDRESS',
    kind: 'address',
    about: 'Where this process serves health; query-api the demo issuer’s public keys too.',
    otherwise:
      '127.0.0.1, or a free port where the one of the app is taken: standalone and command-api 8051, query-api 8052, projector 8053, reactor 8054',
  },
  {
    key: 'LACUNA_KEY_FILE',
    kind: 'file',
    about: 'The key-encryption keys, 0600. Lies outside the database and outside every backup of it.',
    otherwise: 'LACUNA_HOME/keys/key-encryption-keys.json',
  },
  {
    key: 'LACUNA_PACKS',
    kind: 'folder',
    about: 'The policy packs, a file per organisation.',
    otherwise: 'infra/policy-packs of the checkout',
  },
  {
    key: 'LACUNA_CLOCK',
    kind: 'instant',
    about:
      'Makes a new store with a simulated business clock that starts at this instant. A store keeps its kind for ever.',
    otherwise: 'a new store has a real clock; a store that is there keeps its own',
  },
  {
    key: 'LACUNA_AUTH',
    kind: 'auth',
    about: 'Whose tokens count: demo (an issuer of our own, on 127.0.0.1 only) or jwks.',
    otherwise: 'demo',
  },
  {
    key: 'LACUNA_JWKS_URL',
    kind: 'http-url',
    about: 'The issuer’s public keys. Needed with LACUNA_AUTH=jwks.',
    otherwise: 'not used',
  },
  {
    key: 'LACUNA_TOKEN_ISSUER',
    kind: 'text',
    about: 'The issuer that a token must name. Needed with LACUNA_AUTH=jwks.',
    otherwise: 'not used',
  },
  {
    key: 'LACUNA_TOKEN_AUDIENCE',
    kind: 'text',
    about: 'The audience that a token must name. Needed with LACUNA_AUTH=jwks.',
    otherwise: 'not used',
  },
  {
    key: 'LACUNA_TOKEN',
    kind: 'text',
    about: 'For the command line: the token to call with, where the server’s issuer is not the demo one.',
    otherwise: 'a demo token of the role that the command needs',
    secret: true,
  },
  {
    key: 'LACUNA_COMMAND_URL',
    kind: 'address',
    about: 'For the command line: a command-api (host:port) that does not run on LACUNA_HOME.',
    otherwise: 'one that runs on LACUNA_HOME',
  },
  {
    key: 'LACUNA_QUERY_URL',
    kind: 'address',
    about: 'For the command line: a query-api (host:port) that does not run on LACUNA_HOME.',
    otherwise: 'one that runs on LACUNA_HOME',
  },
  {
    key: 'LACUNA_ADMIN_URL',
    kind: 'address',
    about: 'For the command line: a reactor (host:port) that does not run on LACUNA_HOME.',
    otherwise: 'one that runs on LACUNA_HOME',
  },
  {
    key: 'LACUNA_LOG_LEVEL',
    kind: 'level',
    about: 'trace, debug, info, warn, error or fatal.',
    otherwise: 'info',
  },
  {
    key: 'LACUNA_LOG_FILE',
    kind: 'file',
    about: 'Where the log goes, one JSON object a line; - is standard error.',
    otherwise: 'LACUNA_HOME/log/lacuna.log, of an app of its own LACUNA_HOME/log/<app>-<process id>.log',
  },
] as const satisfies readonly Setting[];

export type SettingKey = (typeof settings)[number]['key'];
