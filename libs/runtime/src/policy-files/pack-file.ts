import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const SCHEMA = fileURLToPath(
  new URL('../../../../infra/policy-packs/policy-pack.schema.json', import.meta.url),
);

/** A pack file that cannot be taken, with every fault: its place and what is wrong there. */
export class PackFileError extends Error {
  readonly code = 'PACK_FILE_INVALID';

  constructor(
    readonly file: string,
    readonly problems: readonly string[],
    options?: { cause?: unknown },
  ) {
    super(`${file}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, options);
    this.name = 'PackFileError';
  }
}

const problemOf = ({ instancePath, message, params }: ErrorObject): string => {
  const named: unknown = params['additionalProperty'] ?? params['propertyName'];
  const place = instancePath === '' ? 'pack' : instancePath.slice(1).replaceAll('/', '.');
  return `${place}: ${message ?? 'is not valid'}${typeof named === 'string' ? ` ("${named}")` : ''}`;
};

const parsed = (file: string, text: string): unknown => {
  try {
    return parse(text, { uniqueKeys: true, strict: true }) as unknown;
  } catch (cause) {
    throw new PackFileError(file, [cause instanceof Error ? cause.message : 'is not YAML'], { cause });
  }
};

/**
 * Reads a policy pack from disk and checks its form against the JSON Schema beside the packs. What comes back has the
 * form of a pack; whether its names are known and its rules agree is for `packFrom` of the domain to say.
 */
export const readPackFile = async (file: string): Promise<unknown> => {
  const [text, schema] = await Promise.all([readFile(file, 'utf8'), readFile(SCHEMA, 'utf8')]);
  const raw = parsed(file, text);
  const validate = new Ajv2020({ allErrors: true, strictTypes: true }).compile(JSON.parse(schema) as object);
  if (!validate(raw)) throw new PackFileError(file, (validate.errors ?? []).map(problemOf));
  return raw;
};
