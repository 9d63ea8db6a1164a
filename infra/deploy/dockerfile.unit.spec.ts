import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ignoredBy, instructionsOf } from './rehearsal/image.js';

const root = process.cwd();
const text = readFileSync(join(root, 'infra/docker/Dockerfile'), 'utf8');
const instructions = instructionsOf(text);
const of = (word: string): readonly string[] =>
  instructions.filter((one) => one.word === word).map(({ rest }) => rest);

it('builds every stage on one base, pinned to a version of the Node that the product runs on', () => {
  const [base = ''] = of('ARG');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const [, minor] = /^(\d+\.\d+)\.\d+$/.exec(dependencies['node'] ?? '') ?? [];
  expect(base).toBe(`NODE_IMAGE=node:${minor ?? 'of package.json'}-bookworm-slim`);
  expect(of('FROM')).toEqual([
    '${NODE_IMAGE} AS deps',
    'deps AS build',
    '${NODE_IMAGE} AS production',
    '${NODE_IMAGE} AS runtime',
  ]);
});

it('copies what is there', () => {
  for (const rest of of('COPY').filter((one) => !one.startsWith('--from=')))
    for (const source of rest.split(' ').slice(0, -1))
      expect([source, existsSync(join(root, source))]).toEqual([source, true]);
});

it('brings into the image what is built and what is needed to run, and no more', () => {
  const runtime = text.slice(text.indexOf('AS runtime'));
  expect(runtime).not.toMatch(/^COPY (apps|libs|test|infra) /m);
  expect(of('ADD')).toEqual([]);
});

it('runs as a user without rights, and says how it is', () => {
  expect(of('USER')).toEqual(['node']);
  expect(of('HEALTHCHECK')).toHaveLength(1);
  expect(of('ENTRYPOINT')).toEqual(['["node"]']);
});

it('sends the builder no secret and nothing that a checkout keeps for itself', () => {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  expect(ignored.filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*');
  for (const line of ['**/node_modules', '**/.lacuna', '**/secrets', '**/.cache'])
    expect(ignored).toContain(line);
});

it('reads .dockerignore as the builder does', () => {
  const isIgnored = ignoredBy(readFileSync(join(root, '.dockerignore'), 'utf8'));
  const kept = ['package.json', 'apps', 'apps/host/src/log.ts', 'infra/docker/Dockerfile', 'test/e2e/x.ts'];
  expect(kept.filter(isIgnored)).toEqual([]);
  const out = [
    '.git/config',
    'secrets/log_url',
    'README.md',
    'apps/host/node_modules/x',
    'infra/demo/members.csv',
  ];
  const more = ['libs/x/dist', 'test/secrets/a', 'infra/helm', 'apps/a.log', '.env', 'package.json.old'];
  for (const path of [...out, ...more]) expect([path, isIgnored(path)]).toEqual([path, true]);
});
