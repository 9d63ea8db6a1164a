import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDefinition, protoPackages } from '@lacuna/contracts';
import { allProjections } from '@lacuna/projections';
import { declarationsBelow } from './declarations-below.js';
import {
  APART_OPERATIONS,
  COMMANDS,
  CUSTODY_OPERATIONS,
  METHODS,
  QUERIES,
  REACTIONS,
  SETTLING_OPERATIONS,
  VIEWS,
} from '@lacuna/runtime';

const sources = (...folders: readonly string[]): readonly string[] =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8')),
  );

const namesIn = (texts: readonly string[], pattern: RegExp): readonly string[] =>
  [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? '')))].sort();

const code = sources(
  'libs/application/src',
  'apps/query-api/src',
  'apps/command-api/src',
  'apps/reactor/src',
);

it('knows every method that is served, and no other', () => {
  const served = Object.values(packageDefinition(protoPackages)).flatMap((service) =>
    Object.values(service).map(({ path }) => path.slice(1)),
  );
  expect([...METHODS].sort()).toEqual([...served].sort());
});

it('knows every command and every query that has a handler, and no other', () => {
  expect([...COMMANDS].sort()).toEqual(namesIn(code, /@CommandHandler\((\w+)\)/g));
  expect([...QUERIES].sort()).toEqual(namesIn(code, /@QueryHandler\((\w+)\)/g));
});

it('knows every view', () => {
  expect([...VIEWS].sort()).toEqual(allProjections.map(({ name }) => name).sort());
});

it('knows everything that the reactor does by itself', () => {
  const port = readFileSync('libs/application/src/reactor/reactor.port.ts', 'utf8');
  const kinds = namesIn([/export type Fired[\s\S]*?}>;/.exec(port)?.[0] ?? ''], /\| '([a-z-]+)'/g);
  expect([...REACTIONS].sort()).toEqual(kinds);
});

it('asks custody for nothing that custody does not do', () => {
  const ports = sources('libs/custody/src').join('\n');
  for (const operation of CUSTODY_OPERATIONS) expect(ports).toMatch(new RegExp(`^ {2}${operation}\\(`, 'm'));
});

it('holds back every question to custody below which a behaviour or a sign-up is recorded', () => {
  const folder = 'libs/application/src';
  const behaviour = readdirSync(`${folder}/behaviour`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => `${folder}/behaviour/${file}`);
  const roots = [
    ...behaviour,
    `${folder}/activity/sign-up.ts`,
    `${folder}/imports/import-behaviour-chunk.ts`,
  ];
  const asked = namesIn(declarationsBelow(roots), /\bcustody\s*\.(\w+)\(/g);
  const counted: readonly string[] = CUSTODY_OPERATIONS;
  const apart = [...asked.filter((operation) => counted.includes(operation)), ...SETTLING_OPERATIONS];
  expect(apart.sort()).toEqual([...APART_OPERATIONS].sort());
});
