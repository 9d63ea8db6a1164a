import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openDemoIssuer, type DemoIssuer } from '@lacuna/runtime';
import { ourApps, type Service } from '../compose-file.js';
import { certificatesOf } from './certificates.js';
import { imageFolder } from './image.js';
import { HOSTS as BROKERS } from './kafka.js';
import { secretsOf } from './postgres.js';
import { runToEnd, until, type Program, type Stage } from './stage.js';

// The first of the two query-apis, by the name in its certificate.
const HOSTS = { ...BROKERS, 'query-api': '127.0.1.21' };
const READY_MS = 120_000;
const STOP_MS = 40_000;

// Node has no table of hosts of its own: names of containers are looked up here first.
const preload = (stage: Stage): string => {
  const file = stage.path('hosts.cjs');
  writeFileSync(
    file,
    `const dns = require('node:dns');
const hosts = ${JSON.stringify(HOSTS)};
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(hosts[name] ?? name, ...rest);
const promised = dns.promises.lookup;
dns.promises.lookup = (name, ...rest) => promised(hosts[name] ?? name, ...rest);
`,
  );
  return file;
};

/** An issuer as an organisation has one, as far as the apps see it: its public keys over HTTP. */
const startIssuer = async (stage: Stage): Promise<Readonly<{ jwksUrl: string; issuer: DemoIssuer }>> => {
  const issuer = await openDemoIssuer({
    keyFile: stage.path('issuer.pem'),
    bindAddresses: ['127.0.0.1'],
    issuer: 'https://id.example.org',
    audience: 'lacuna',
  });
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(issuer.jwks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.atEnd(() => void server.close());
  return { issuer, jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` };
};

type Play = Readonly<{ stage: Stage; jwksUrl: string; issuer: DemoIssuer; preloaded: string }>;

/** What is told to a container, with this machine's folders and an address of its own in the place of a network. */
const environmentOf = (
  { stage, jwksUrl, preloaded }: Play,
  name: string,
  { environment }: Service,
  turn: number,
): NodeJS.ProcessEnv => {
  const home = stage.path('homes', `${name}-${turn}`);
  mkdirSync(home, { recursive: true });
  const replaced: readonly (readonly [string, string])[] = [
    ['/run/secrets', secretsOf(stage, name)],
    ['/run/certs', certificatesOf(stage, name)],
    ['/var/lib/lacuna-keys', stage.path('keys')],
    ['/var/lib/lacuna', home],
    ['/etc/lacuna/packs', join(stage.root, 'infra/policy-packs')],
    ['0.0.0.0', `127.0.1.${20 + turn}`],
  ];
  const here = Object.entries(environment ?? {})
    // No EventStoreDB here: the log is in the PostgreSQL.
    .filter(([key]) => key !== 'LACUNA_LOG_URL_FILE')
    .map(([key, value]) => [key, replaced.reduce((now, [one, other]) => now.replace(one, other), value)]);
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    NODE_OPTIONS: `--require ${preloaded}`,
    ...(Object.fromEntries(here) as Record<string, string>),
    ...(environment?.['LACUNA_JWKS_URL'] !== undefined && { LACUNA_JWKS_URL: jwksUrl }),
  };
};

const isReady = (cwd: string, env: NodeJS.ProcessEnv): boolean => {
  try {
    runToEnd([process.execPath, 'infra/docker/healthcheck.mjs'], { cwd, env });
    return true;
  } catch {
    return false;
  }
};

const startReady = async (play: Play, name: string, service: Service, turn: number): Promise<Program> => {
  const { stage } = play;
  const cwd = imageFolder(stage);
  const env = environmentOf(play, name, service, turn);
  const program = stage.start(`${name} ${turn}`, [process.execPath, ...(service.command ?? [])], {
    cwd,
    env,
  });
  await until(
    () => {
      if (!program.runs) throw new Error(`${program.name} ended: ${program.said.slice(-1_500)}`);
      return isReady(cwd, env);
    },
    READY_MS,
    () => `${program.name} is not ready: ${program.said.slice(-1_500)}`,
  );
  return program;
};

const stopInOrder = async (program: Program): Promise<void> => {
  program.terminate();
  await until(
    () => !program.runs,
    STOP_MS,
    () => `${program.name} does not stop`,
  );
  const code = await program.ended;
  if (code !== 0) throw new Error(`${program.name} ended with ${code}: ${program.said.slice(-1_500)}`);
};

const refusesUnmigrated = async (play: Play, service: Service): Promise<void> => {
  const { stage } = play;
  const options = { cwd: imageFolder(stage), env: environmentOf(play, 'query-api', service, 1) };
  const early = stage.start('query-api too early', [process.execPath, ...(service.command ?? [])], options);
  const code = await early.ended;
  if (code !== 3)
    throw new Error(`an app before the migration ended with ${code}: ${early.said.slice(-500)}`);
};

/** The command line in a container of query-api: over TLS it is answered, in the clear it is not. */
const askStatus = async (play: Play, service: Service): Promise<string> => {
  const { stage, issuer } = play;
  const token = stage.path('token');
  writeFileSync(token, (await issuer.issue({ tenant: 'car-club', role: 'operator' })).token);
  const told = environmentOf(play, 'query-api', service, 9);
  const env: NodeJS.ProcessEnv = { ...told, LACUNA_TOKEN_FILE: token, LACUNA_QUERY_URL: 'query-api:50052' };
  const ask = ['apps/admin-cli/bin/lacuna.mjs', 'status', '--json'];
  const cwd = imageFolder(stage);
  // Beside us, not before us: query-api asks our issuer for its keys meanwhile.
  const answered = stage.start('lacuna status', [process.execPath, ...ask], { cwd, env });
  if ((await answered.ended) !== 0) throw new Error(`over TLS: ${answered.said.slice(-500)}`);
  const refused = stage.start('in the clear', [process.execPath, ...ask], {
    cwd,
    env: { ...env, LACUNA_GRPC_CA_FILE: '' },
  });
  if ((await refused.ended) !== 2) throw new Error(`in the clear: ${refused.said.slice(-500)}`);
  return '"lacuna status" over TLS is answered, in the clear it is not';
};

/** `migrate`, then each app twice, as docker-compose.yml starts them, from the files of the image. */
export const rehearseApps = async (stage: Stage): Promise<string> => {
  const play = { stage, ...(await startIssuer(stage)), preloaded: preload(stage) };
  mkdirSync(stage.path('keys'), { mode: 0o700 });
  const apps = [...ourApps(stage.compose)];
  const { migrate } = stage.compose.services;
  const queryApi = stage.compose.services['query-api'];
  if (!migrate || !queryApi) throw new Error('no migrate, or no query-api');
  await refusesUnmigrated(play, queryApi);
  runToEnd([process.execPath, ...(migrate.command ?? [])], {
    cwd: imageFolder(stage),
    env: environmentOf(play, 'migrate', migrate, 1),
  });
  const programs: Program[] = [];
  for (const turn of [1, 2])
    for (const [name, service] of apps) programs.push(await startReady(play, name, service, turn));
  const status = await askStatus(play, queryApi);
  for (const program of programs) await stopInOrder(program);
  const names = programs.map(({ name }) => name).join(', ');
  return `before the migration an app ends with 3; ready, and stopped in order with 0: ${names}; ${status}`;
};
