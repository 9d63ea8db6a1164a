import { readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  ACTIONS,
  ANCHORS,
  BASES,
  ENDINGS,
  FACTS,
  FIELD_ACTIONS,
  FORM_TYPES,
  MASKS,
  parsePack,
} from '@lacuna/domain/policy';
import { carClubSource } from '@lacuna/testing';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

let schema: Node & Readonly<{ $defs: Readonly<Record<string, Node>> }>;
let fits: ValidateFunction;
beforeAll(async () => {
  const text = await readFile('infra/policy-packs/policy-pack.schema.json', 'utf8');
  schema = JSON.parse(text) as typeof schema;
  fits = new Ajv2020({ strictTypes: true }).compile(schema);
});

/** Every map of a document with the path to it. */
const mapsOf = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] => {
  if (Array.isArray(value)) return value.flatMap((item, index) => mapsOf(item, [...path, String(index)]));
  if (!isNode(value)) return [];
  return [path, ...Object.entries(value).flatMap(([key, child]) => mapsOf(child, [...path, key]))];
};

const at = (document: unknown, path: readonly string[]): Record<string, unknown> =>
  path.reduce<unknown>((place, key) => (place as Record<string, unknown>)[key], document) as Record<
    string,
    unknown
  >;

it('knows the words that the code knows, and no others', () => {
  expect(schema.$defs['action']?.['enum']).toEqual(ACTIONS);
  expect(schema.$defs['fieldAction']?.['enum']).toEqual(FIELD_ACTIONS);
  expect(schema.$defs['mask']?.['enum']).toEqual(MASKS);
  expect(schema.$defs['purpose']?.['properties']).toMatchObject({ basis: { enum: BASES } });
  expect(schema.$defs['category']?.['properties']).toMatchObject({
    from: { enum: ANCHORS },
    then: { enum: ENDINGS },
  });
  expect(schema.$defs['formItem']?.['properties']).toMatchObject({ type: { enum: FORM_TYPES } });
  const facts = Object.entries(FACTS).map(([name, values]) => [name, { enum: values }]);
  expect(schema.$defs['when']?.['properties']).toEqual(Object.fromEntries(facts));
});

it('leaves no map of a pack open', () => {
  const named = (node: Node): boolean => node['$ref'] === '#/$defs/named';
  const open = mapsOf(schema).filter((path) => {
    const node = at(schema, path);
    return node['type'] === 'object' && node['additionalProperties'] === undefined && !named(node);
  });
  expect(open).toEqual([['$defs', 'named']]);
});

it('refuses, as the domain does, an unknown key in any map of the pack', async () => {
  const source = await carClubSource();
  expect([fits(source), parsePack(source).kind]).toEqual([true, 'pack']);
  const paths = mapsOf(source);
  expect(paths.length).toBeGreaterThan(80);
  for (const path of paths) {
    const copy = structuredClone(source);
    at(copy, path)['colour'] = 'red';
    expect([path, fits(copy), parsePack(copy).kind]).toEqual([path, false, 'refused']);
  }
});

it('refuses whatever is not of the form that stands in its place', async () => {
  const source = await carClubSource();
  const leaves = mapsOf(source).flatMap((path) => Object.keys(at(source, path)).map((key) => [...path, key]));
  for (const path of leaves) {
    const copy = structuredClone(source);
    at(copy, path.slice(0, -1))[path.at(-1) ?? ''] = { odd: [] };
    expect([path, fits(copy), parsePack(copy).kind]).toEqual([path, false, 'refused']);
  }
});

it('and what it takes the domain may still refuse, never the other way round', async () => {
  const source = await carClubSource();
  const leaves = mapsOf(source).flatMap((path) => Object.keys(at(source, path)).map((key) => [...path, key]));
  for (const path of leaves) {
    const copy = structuredClone(source);
    Reflect.deleteProperty(at(copy, path.slice(0, -1)), path.at(-1) ?? '');
    if (parsePack(copy).kind === 'pack') expect([path, fits(copy)]).toEqual([path, true]);
  }
});
