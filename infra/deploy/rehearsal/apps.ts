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
import { runToEnd } from '../programs.js';
import { until, type Program, type Stage } from './stage.js';

// The first of each two, by the name in its certificate.
const HOSTS = {
  ...BROKERS,
  'command-api': '127.0.1.21',
  'query-api': '127.0.1.21',
  reactor: '127.0.1.21',
};
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

/** The command line in a container of query-api: over TLS each of the three servers answers it, in the clear none does. */
const askServers = async (play: Play, service: Service): Promise<string> => {
  const { stage, issuer } = play;
  const token = stage.path('token');
  writeFileSync(token, (await issuer.issue({ tenant: 'car-club', role: 'operator' })).token);
  const env: NodeJS.ProcessEnv = {
    ...environmentOf(play, 'query-api', service, 9),
    LACUNA_TOKEN_FILE: token,
  };
  // Beside us, not before us: the servers ask our issuer for its keys meanwhile.
  const ask = async (command: string, expected: readonly number[], more: NodeJS.ProcessEnv = {}) => {
    const args = ['apps/admin-cli/bin/lacuna.mjs', ...command.split(' '), '--json'];
    const options = { cwd: imageFolder(stage), env: { ...env, ...more } };
    const asked = stage.start(`lacuna ${command}`, [process.execPath, ...args], options);
    const code = await asked.ended;
    if (code === null || !expected.includes(code))
      throw new Error(`${asked.name} ended with ${code}: ${asked.said.slice(-500)}`);
  };
  await ask('status', [0]);
  // Refused or done, but answered: 2 would be that nobody is there.
  await ask('clock confirm-jump', [0, 1]);
  await ask('import abandon 8d3c2a51-6f0e-4b77-9a1d-0c5e7f2b9a64', [0, 1]);
  await ask('status', [2], { LACUNA_GRPC_CA_FILE: '' });
  return 'the command line in query-api reaches query-api, reactor and command-api over TLS, and none in the clear';
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
  const answered = await askServers(play, queryApi);
  // As the owner, in the container that has its address.
  const replayed = runToEnd([process.execPath, 'apps/admin-cli/bin/lacuna.mjs', 'replay'], {
    cwd: imageFolder(stage),
    env: environmentOf(play, 'migrate', migrate, 1),
  });
  if (!replayed.includes('same as live')) throw new Error(`replay: ${replayed.slice(-500)}`);
  for (const program of programs) await stopInOrder(program);
  const names = programs.map(({ name }) => name).join(', ');
  return `before the migration an app ends with 3; ready, and stopped in order with 0: ${names}; ${answered}; "lacuna replay" in the container of migrate`;
};
