import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { loadConfig, settings, type AppName } from '@lacuna/runtime';
import { ourApps, readCompose } from './compose-file.js';

const root = process.cwd();
const chart = join(root, 'infra/helm/lacuna');
const read = (...path: readonly string[]): string => readFileSync(join(chart, ...path), 'utf8');
const templates = readdirSync(join(chart, 'templates')).map(
  (name) => [name, read('templates', name)] as const,
);
const compose = readCompose(root);

type ChartApp = Readonly<{ name: AppName; values: string; grpc: number; http: number; custody: boolean }>;
const [, table = ''] =
  /define "lacuna.apps" -\}\}\n([\s\S]*?)\{\{- end/.exec(read('templates', '_helpers.tpl')) ?? [];
const apps = parse(table) as readonly ChartApp[];
const values = parse(read('values.yaml')) as Readonly<{ apps: object; disruptionBudget: object }>;

it('runs the apps of docker-compose.yml, each where it is by itself', () => {
  expect(apps.map(({ name }) => name)).toEqual([...ourApps(compose).keys()]);
  for (const { name, grpc, http } of apps) {
    const alone = loadConfig({}, root, name);
    expect([name, grpc, http]).toEqual([name, alone.grpc.port, alone.http.port]);
    expect(existsSync(join(root, `apps/${name}/src/main.ts`))).toBe(true);
  }
  expect(apps.map(({ values: key }) => key)).toEqual(Object.keys(values.apps));
});

it('gives the keys to whom docker-compose.yml gives them', () => {
  const withKeys = Object.entries(compose.services)
    .filter(([, { volumes }]) => volumes?.some(({ source }) => source === 'keys'))
    .map(([name]) => name);
  expect(apps.filter(({ custody }) => custody).map(({ name }) => name)).toEqual(withKeys);
});

it('G02 tells the apps nothing but what they know', () => {
  const known: readonly string[] = settings.map(({ key }) => key);
  for (const [, text] of templates)
    for (const [, key = ''] of text.matchAll(/name: ((?:LACUNA|DATABASE)_\w+)/g))
      expect(known).toContain(key.replace(/_URL_FILE$/, '_URL'));
});

it('asks each app how it is, and lets one pod of it go at a time', () => {
  const deployments = read('templates', 'deployments.yaml');
  for (const [probe, path] of [
    ['startup', 'live'],
    ['liveness', 'live'],
    ['readiness', 'ready'],
  ])
    expect(deployments).toContain(
      `${probe}Probe:\n            httpGet: { path: /health/${path}, port: http }`,
    );
  expect(read('templates', 'availability.yaml')).toMatch(
    /kind: PodDisruptionBudget[^]*maxUnavailable: 1\n[^]*component: \{\{ \$app\.name \}\}/,
  );
  expect(values.disruptionBudget).toEqual({ enabled: true });
});

it('tells the command line in a pod where each server is, and alerts under the name that they ask for', () => {
  const deployments = read('templates', 'deployments.yaml');
  const at = (key: string, app: string) =>
    `{ name: LACUNA_${key}_URL, value: '{{ include "lacuna.fullname" $ }}-${app}:${apps.find(({ name }) => name === app)?.grpc}' }`;
  for (const told of [at('COMMAND', 'command-api'), at('QUERY', 'query-api'), at('ADMIN', 'reactor')])
    expect(deployments).toContain(told);
  expect(deployments).toContain('{ name: LACUNA_GRPC_CA_FILE, value: /run/certs/ca.crt }');
  expect(read('templates', 'objects.yaml')).toContain('{ targetLabel: job, replacement: lacuna }');
});

it('holds no secret, and makes none', () => {
  for (const text of [...templates.map(([, one]) => one), read('values.yaml')]) {
    expect(text).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@/);
    expect(text).not.toMatch(/^kind: Secret$/m);
    expect(text).not.toMatch(/secretKeyRef|envFrom/);
  }
});

it('leaves the owner of the database to the migration', () => {
  for (const [name, text] of templates)
    expect([
      name,
      /database\.owner|DATABASE_URL_FILE, value: \/run\/secrets\/database-owner/.test(text),
    ]).toEqual([name, name === 'migration.yaml']);
});

const validate = new Ajv({ strict: false, allErrors: true }).compile(
  JSON.parse(read('values.schema.json')) as object,
);
const merged = (base: unknown, over: unknown): unknown => {
  if (typeof base !== 'object' || typeof over !== 'object' || !base || !over || Array.isArray(over))
    return over;
  const [one, other] = [base, over] as Readonly<Record<string, unknown>>[];
  const keys = Object.keys({ ...one, ...other });
  return Object.fromEntries(
    keys.map((key) => [key, other && key in other ? merged(one?.[key], other[key]) : one?.[key]]),
  );
};
const minimal = parse(read('ci/minimal-values.yaml')) as object;

it.each(readdirSync(join(chart, 'ci')))('takes %s', (name) => {
  expect([validate(merged(values, parse(read('ci', name)))), validate.errors]).toEqual([true, null]);
});

it.each([
  ['nothing said', {}],
  ['the latest image', { ...minimal, image: { tag: 'latest' } }],
  ['a secret instead of its name', { ...minimal, log: { url: 'esdb://a:b@c' } }],
  ['a value that there is not', { ...minimal, replicas: 2 }],
  ['no issuer', { ...minimal, issuer: { jwksUrl: '', name: 'a', audience: 'b' } }],
])('refuses %s', (_what, given) => {
  expect(validate(merged(values, given))).toBe(false);
});
