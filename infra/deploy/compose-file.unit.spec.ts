import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, settings, type AppName } from '@lacuna/runtime';
import { interpolate, ourApps, readCompose, type Service } from './compose-file.js';

const root = process.cwd();
const compose = readCompose(root);
const services = Object.entries(compose.services);
const apps = [...ourApps(compose)];
const ofOurImage = services.filter(([, { image }]) => image.startsWith('lacuna:'));
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

let secrets: string;
beforeAll(() => {
  secrets = mkdtempSync(join(tmpdir(), 'lacuna-secrets-'));
  const made = spawnSync(process.execPath, [join(root, 'infra/deploy/make-secrets.mjs'), secrets]);
  expect(made.status).toBe(0);
});
afterAll(() => rmSync(secrets, { recursive: true, force: true }));

/** What the process in a container reads, with the secrets where this test has them. */
const environmentOf = ({ environment }: Service): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment ?? {}).map(([key, value]) => [key, value.replace('/run/secrets', secrets)]),
  );

it('has three nodes of each store, and each app twice', () => {
  const names = services.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['eventstore-1', 'eventstore-2', 'eventstore-3']));
  expect(names).toEqual(expect.arrayContaining(['kafka-1', 'kafka-2', 'kafka-3', 'postgres', 'migrate']));
  expect(apps.map(([name, { deploy }]) => [name, deploy?.replicas])).toEqual([
    ['command-api', 2],
    ['query-api', 2],
    ['projector', 2],
    ['reactor', 2],
  ]);
});

describe.each(services)('the container %s', (name, service) => {
  it('has an image of a version, never the latest', () => {
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+/);
    expect(service.image).not.toContain('latest');
  });

  it('can do nothing beyond its work', () => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.deploy?.resources?.limits).toEqual({
      cpus: expect.any(String) as string,
      memory: expect.any(String) as string,
      pids: expect.any(Number) as number,
    });
    if (name === 'certificates') expect([service.cap_add, service.network_mode]).toEqual([['CHOWN'], 'none']);
    else
      expect([service.cap_add, service.user]).toEqual([
        undefined,
        expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
      ]);
  });

  it('mounts what is there, writable only where it keeps something', () => {
    for (const { type, source, target, read_only } of service.volumes ?? []) {
      if (type === 'volume') expect(compose.volumes).toHaveProperty([source]);
      else expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      if (type === 'bind' || target === '/run/certs') expect(read_only).toBe(true);
    }
  });

  it('is told no secret but by a file', () => {
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      expect(value).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@/);
      if (/PASSWORD|SECRET|TOKEN$|_KEY$/.test(key) && !/FILE$|^SECRETS$/.test(key)) expect(value).toBe('');
    }
    const given = service.secrets ?? [];
    const named = JSON.stringify(service).match(/\/run\/secrets\/(\w+)/g) ?? [];
    for (const path of named) expect(given).toContain(path.slice('/run/secrets/'.length));
    for (const secret of given) expect(compose.secrets).toHaveProperty([secret]);
  });

  it('reads its own certificate only', () => {
    const certificate = (service.volumes ?? []).filter(({ source }) => source === 'certificates');
    if (name === 'certificates') return;
    for (const { volume } of certificate) expect(volume?.subpath).toBe(name);
  });

  it('waits for what it needs, and says when it is well', () => {
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      const other = compose.services[needed];
      if (condition === 'service_healthy') expect(other?.healthcheck?.test).toBeDefined();
      if (condition === 'service_completed_successfully')
        expect(['certificates', 'migrate']).toContain(needed);
    }
    if (ourApps(compose).has(name)) expect(service.healthcheck).toHaveProperty('test');
  });
});

it('makes every secret, of its own each, and none twice', () => {
  expect(readdirSync(secrets).sort()).toEqual(Object.keys(compose.secrets).sort());
  expect(statSync(secrets).mode & 0o777).toBe(0o700);
  const values = readdirSync(secrets).map((name) => readFileSync(join(secrets, name), 'utf8'));
  expect(new Set(values).size).toBe(values.length);
});

it('certifies each service that mounts a certificate', () => {
  const script = readFileSync(join(root, 'infra/docker/certificates.sh'), 'utf8');
  const certified = [...script.matchAll(/^for \w+ in (.*); do certificate/gm)].flatMap(([, names]) =>
    (names ?? '').split(' '),
  );
  const mounting = services.flatMap(([, { volumes }]) =>
    (volumes ?? []).flatMap(({ volume }) => (volume?.subpath === undefined ? [] : [volume.subpath])),
  );
  expect([...certified].sort()).toEqual([...new Set(mounting)].sort());
});

it('G02 tells each app nothing but what it knows, and each value is one it takes', () => {
  for (const [name, service] of ofOurImage) {
    const app = name === 'migrate' ? 'admin-cli' : (name as AppName);
    const environment = environmentOf(service);
    for (const key of Object.keys(environment))
      expect(settings.map((setting) => setting.key)).toContain(key.replace(/_URL_FILE$/, '_URL'));
    expect(() => loadConfig(environment, root, app)).not.toThrow();
  }
});

it('runs each app at the port it has by itself, and probes it there', () => {
  for (const [name, service] of apps) {
    const told = loadConfig(environmentOf(service), root, name as AppName);
    const alone = loadConfig({}, root, name as AppName);
    expect([name, told.http.port, told.http.host]).toEqual([name, alone.http.port, '0.0.0.0']);
    expect(service.command).toEqual([`dist/apps/${name}/src/main.js`]);
    expect(existsSync(join(root, `apps/${name}/src/main.ts`))).toBe(true);
    for (const port of service.ports ?? []) expect(Number(port.split(':').at(-1))).toBe(alone.grpc.port);
    if (service.ports) expect(told.grpc.port).toBe(alone.grpc.port);
  }
});

it('tells the command line in a container where each server is, by the name of its certificate', () => {
  const served = apps.filter(([, { ports }]) => ports !== undefined);
  const at = (name: string) => `${name}:${loadConfig({}, root, name as AppName).grpc.port}`;
  for (const [, service] of served) {
    const { servers, grpcCaFile } = loadConfig(environmentOf(service), root, 'admin-cli');
    expect(servers).toEqual({ command: at('command-api'), query: at('query-api'), admin: at('reactor') });
    expect(grpcCaFile).toBe('/run/certs/roots/ca.crt');
    expect(service.networks).toContain('edge');
  }
  expect(served).toHaveLength(3);
});

it('gives the owner of the database to the migration alone, the keys to who has custody, Kafka to the reactor', () => {
  const withSecret = (secret: string) =>
    services.filter(([, { secrets: given }]) => given?.includes(secret)).map(([name]) => name);
  expect(withSecret('database_owner_url')).toEqual(['migrate']);
  const mounting = (volume: string) =>
    services
      .filter(([, { volumes }]) => volumes?.some(({ source }) => source === volume))
      .map(([name]) => name);
  expect(mounting('keys')).toEqual(['command-api', 'query-api', 'reactor']);
  const inNetwork = (network: string) =>
    services.filter(([, { networks }]) => networks?.includes(network)).map(([name]) => name);
  expect(inNetwork('events')).toEqual(['kafka-1', 'kafka-2', 'kafka-3', 'reactor']);
  expect(inNetwork('edge')).not.toContain('projector');
  for (const network of ['data', 'log', 'events']) expect(compose.networks[network]?.internal).toBe(true);
});

it('runs the Kafka that the tests run', () => {
  const pom = readFileSync(join(root, 'infra/kafka/pom.xml'), 'utf8');
  const tested = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(pom)?.[1];
  expect(compose.services['kafka-1']?.image).toBe(`apache/kafka:${tested}`);
});

it('refuses to start without an issuer', () => {
  expect(() => readCompose(root, {})).toThrow(/LACUNA_JWKS_URL is missing/);
  expect(interpolate('${A:-b} ${C}', { C: 'd' })).toBe('b d');
  expect(text).not.toContain('LACUNA_AUTH: demo');
});
