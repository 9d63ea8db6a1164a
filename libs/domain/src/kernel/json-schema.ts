/** The part of JSON Schema that event contracts use: plain data, so that any validator can read it. */
export type JsonSchema = Readonly<{
  type: JsonType | readonly JsonType[];
  pattern?: string;
  maxLength?: number;
  enum?: readonly string[];
  minimum?: number;
  items?: JsonSchema;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: false;
  minProperties?: number;
}>;

export type JsonType = 'string' | 'boolean' | 'integer' | 'object' | 'array' | 'null';

type Mismatch = Readonly<{ path: string; keyword: string }>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): JsonType | null => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return Number.isSafeInteger(value) ? 'integer' : null;
};

const patterns = new Map<string, RegExp>();

const patternOf = (source: string): RegExp => {
  const pattern = patterns.get(source) ?? new RegExp(source, 'u');
  patterns.set(source, pattern);
  return pattern;
};

/** Counted in characters, which are never more than code units: most values need no counting. */
const isLonger = (value: string, length: number): boolean =>
  value.length > length && Array.from(value).length > length;

const ofString = (schema: JsonSchema, value: string, path: string): Mismatch | null => {
  if (schema.maxLength !== undefined && isLonger(value, schema.maxLength))
    return { path, keyword: 'maxLength' };
  if (schema.pattern !== undefined && !patternOf(schema.pattern).test(value))
    return { path, keyword: 'pattern' };
  return schema.enum === undefined || schema.enum.includes(value) ? null : { path, keyword: 'enum' };
};

const ofArray = (schema: JsonSchema, value: readonly unknown[], path: string): Mismatch | null => {
  if (!schema.items) return null;
  for (const [index, item] of value.entries()) {
    const found = mismatch(schema.items, item, `${path}[${index}]`);
    if (found) return found;
  }
  return null;
};

const ofProperty = (schema: JsonSchema, key: string, value: unknown, path: string): Mismatch | null => {
  const property = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
  if (property) return mismatch(property, value, `${path}.${key}`);
  return schema.additionalProperties === false ? { path, keyword: 'additionalProperties' } : null;
};

const ofObject = (
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): Mismatch | null => {
  const keys = Object.keys(value);
  if (keys.length < (schema.minProperties ?? 0)) return { path, keyword: 'minProperties' };
  const missing = schema.required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return { path: `${path}.${missing}`, keyword: 'required' };
  for (const key of keys) {
    const found = ofProperty(schema, key, value[key], path);
    if (found) return found;
  }
  return null;
};

const ofNumber = (schema: JsonSchema, value: number, path: string): Mismatch | null =>
  schema.minimum !== undefined && value < schema.minimum ? { path, keyword: 'minimum' } : null;

const allows = (schema: JsonSchema, type: JsonType | null): boolean =>
  type !== null && (typeof schema.type === 'string' ? schema.type === type : schema.type.includes(type));

/** The first place where a value departs from a schema: its path and the keyword, never the value. `null`: it fits. */
export const mismatch = (schema: JsonSchema, value: unknown, path = '$'): Mismatch | null => {
  if (!allows(schema, typeOf(value))) return { path, keyword: 'type' };
  if (typeof value === 'string') return ofString(schema, value, path);
  if (typeof value === 'number') return ofNumber(schema, value, path);
  if (Array.isArray(value)) return ofArray(schema, value, path);
  return isObject(value) ? ofObject(schema, value, path) : null;
};
