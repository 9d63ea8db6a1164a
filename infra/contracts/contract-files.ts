import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Baseline } from './compatibility.js';
import type { SchemaDocument } from './json-schemas.js';

const contracts = join('libs', 'contracts');
const schemaFolder = join(contracts, 'schemas');
const asyncapiFile = join(contracts, 'asyncapi', 'lacuna.asyncapi.yaml');
const baselineFile = join(contracts, 'schemas.baseline.json');

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The committed schemas by their paths: those of versions that are no longer written too. */
export const committedSchemas = async (): Promise<ReadonlyMap<string, SchemaDocument>> => {
  const names = await readdir(schemaFolder, { recursive: true });
  const paths = names.filter((name) => name.endsWith('.json')).sort();
  const read = async (path: string): Promise<[string, SchemaDocument]> => [
    path,
    JSON.parse(await readFile(join(schemaFolder, path), 'utf8')) as SchemaDocument,
  ];
  return new Map(await Promise.all(paths.map(read)));
};

export const committedAsyncapi = async (): Promise<unknown> =>
  parse(await readFile(asyncapiFile, 'utf8')) as unknown;

export const committedBaseline = async (): Promise<Baseline> =>
  JSON.parse(await readFile(baselineFile, 'utf8')) as Baseline;

/** Writes the schemas of the versions that are written now; what is there of older ones stays. */
export const writeContracts = async (
  schemas: ReadonlyMap<string, SchemaDocument>,
  asyncapi: unknown,
): Promise<void> => {
  for (const [path, schema] of schemas) await put(join(schemaFolder, path), json(schema));
  await put(
    asyncapiFile,
    stringify(asyncapi, { lineWidth: 110, singleQuote: true, aliasDuplicateObjects: false }),
  );
};

export const writeBaseline = (schemas: ReadonlyMap<string, SchemaDocument>): Promise<void> =>
  put(baselineFile, json(Object.fromEntries(schemas)));
