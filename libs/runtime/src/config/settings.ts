/** What kind of value a variable takes; each says in one phrase what it accepts, for the error and the documentation. */
export type SettingKind =
  'folder' | 'file' | 'address' | 'instant' | 'postgres-url' | 'http-url' | 'text' | 'level' | 'auth';

export type Setting = Readonly<{
  key: string;
  kind: SettingKind;
  about: string;
  /** What holds where the variable is not given, in words. */
  otherwise: string;
  /** Its value opens something: checked for well-known defaults. No value is ever printed, secret or not. */
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
      'The same database as its runtime role, where the owner may not create roles. Only with DATABASE_URL.',
    otherwise: 'a role that the owner creates, its password random and kept in LACUNA_HOME',
    secret: true,
  },
  {
    key: 'LACUNA_GRPC_ADDRESS',
    kind: 'address',
    about: 'Where commands, queries and administration are served.',
    otherwise: '127.0.0.1:50051, or a free port where that is taken',
  },
  {
    key: 'LACUNA_HTTP_ADDRESS',
    kind: 'address',
    about: 'Where health and the issuer’s public keys are served.',
    otherwise: '127.0.0.1:8051, or a free port where that is taken',
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
    key: 'LACUNA_LOG_LEVEL',
    kind: 'level',
    about: 'trace, debug, info, warn, error or fatal.',
    otherwise: 'info',
  },
  {
    key: 'LACUNA_LOG_FILE',
    kind: 'file',
    about: 'Where the log goes, one JSON object a line; - is standard error.',
    otherwise: 'LACUNA_HOME/log/lacuna.log',
  },
] as const satisfies readonly Setting[];

export type SettingKey = (typeof settings)[number]['key'];
