import type { ChannelCredentialOptions, SingleNodeOptions } from '@eventstore/db-client';
import { parseConnectionString } from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { LacunaError } from '@lacuna/domain/kernel';
import { readFileSync } from 'node:fs';

type Parsed = ReturnType<typeof parseConnectionString>;

export type ConnectionSettings = Readonly<{
  server: SingleNodeOptions;
  channel: ChannelCredentialOptions;
  credentials: Parsed['defaultCredentials'];
}>;

// The client prints the whole string, password and all, beside an option that it does not know or does not obey.
const OPTIONS = new Set(
  [
    'userCertFile',
    'userKeyFile',
    'maxDiscoverAttempts',
    'connectionName',
    'defaultDeadline',
    'discoveryInterval',
    'gossipTimeout',
    'nodePreference',
    'tls',
    'tlsCAFile',
    'keepAliveInterval',
    'keepAliveTimeout',
  ].map((name) => name.toLowerCase()),
);

// Looking for the leader again and again is our own retries' part: they know when it has been long enough.
const GOSSIP_TIMEOUT_S = 2;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;

const invalid = (why: string): LacunaError =>
  new LacunaError('CONFIG_INVALID', `the connection string of EventStoreDB ${why}`);

// What does not look so, the client reads otherwise than we would.
const PAIRS = /^[^=&?]+=[^=&?]+(&[^=&?]+=[^=&?]+)*$/;

const checkOptions = (connectionString: string): void => {
  const begin = connectionString.indexOf('?');
  if (begin === -1) return;
  const query = connectionString.trim().slice(begin + 1);
  if (!PAIRS.test(query)) throw invalid('has options that are not name=value, joined by &');
  for (const pair of query.split('&')) {
    const [name = ''] = pair.split('=');
    if (!OPTIONS.has(name.toLowerCase().replace(/[_-]/g, '')))
      throw invalid('has an option that is not known here');
  }
};

const parse = (connectionString: string): Parsed => {
  try {
    return parseConnectionString(connectionString);
  } catch {
    // The reason would quote the string.
    throw invalid('cannot be read: esdb://user:password@host:port?tls=true, or esdb+discover://');
  }
};

const contentOf = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch {
    throw invalid('names a certificate or key file that cannot be read');
  }
};

const channelOf = ({ tls, tlsCAFile, userCertFile, userKeyFile }: Parsed): ChannelCredentialOptions => {
  if (tls === false) return { insecure: true };
  if ((userCertFile === undefined) !== (userKeyFile === undefined))
    throw invalid('names one of userCertFile and userKeyFile without the other');
  return {
    insecure: false,
    ...(tlsCAFile === undefined ? {} : { rootCertificate: contentOf(tlsCAFile) }),
    ...(userCertFile === undefined ? {} : { userCertFile: contentOf(userCertFile) }),
    ...(userKeyFile === undefined ? {} : { userKeyFile: contentOf(userKeyFile) }),
  };
};

// The client's constructor would throw an error of no code.
const checkTimes = ({ keepAliveInterval = 0, keepAliveTimeout = 0, defaultDeadline = 1 }): void => {
  if (defaultDeadline < 1 || keepAliveInterval < -1 || keepAliveTimeout < -1)
    throw invalid('has a time that is none: milliseconds, or -1 for no sign of life');
};

const hostsOf = ({ hosts, dnsDiscover }: Parsed): object => {
  const [first] = hosts;
  if (dnsDiscover) return { discover: first };
  return hosts.length > 1 ? { endpoints: hosts } : { endpoint: first };
};

/** TLS, credentials and cluster from the connection string; what it cannot say twice it does not repeat in an error. */
export const connectionSettings = (connectionString: string): ConnectionSettings => {
  checkOptions(connectionString);
  const parsed = parse(connectionString);
  const { connectionName, keepAliveInterval, keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS } = parsed;
  const { nodePreference, discoveryInterval, defaultDeadline } = parsed;
  const { gossipTimeout = GOSSIP_TIMEOUT_S, maxDiscoverAttempts = 1 } = parsed;
  checkTimes({ keepAliveInterval, keepAliveTimeout, defaultDeadline });
  const given = {
    ...hostsOf(parsed),
    connectionName,
    keepAliveInterval,
    keepAliveTimeout,
    defaultDeadline,
    nodePreference,
    discoveryInterval,
    gossipTimeout,
    maxDiscoverAttempts,
  };
  const server: object = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  // One of the client's three shapes, told apart by the name under which the hosts stand.
  return {
    server: server as SingleNodeOptions,
    channel: channelOf(parsed),
    credentials: parsed.defaultCredentials,
  };
};
