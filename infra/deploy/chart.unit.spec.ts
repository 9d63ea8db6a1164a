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
const values = parse(read('values.yaml')) as Readonly<{ apps: object; networkPolicy: object }>;

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
