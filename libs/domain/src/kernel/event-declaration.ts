import type { DomainEvent } from './event.js';
import type { JsonSchema } from './json-schema.js';

/** One field of an event's data, declared once: its form in the log and, where it is personal, its category. */
export type Field = OpenField | PersonalField | PersonalMap;

type OpenField = Readonly<{ kind: 'open'; schema: JsonSchema; optional?: true }>;
/** Stands in the log as `{"sealed": "..."}`. */
type PersonalField = Readonly<{ kind: 'personal'; category: string; schema: JsonSchema; optional?: true }>;
/** A map of personal values under field names that are open. */
type PersonalMap = Readonly<{
  kind: 'personal-map';
  category: string;
  keys: readonly string[];
  schema: JsonSchema;
  optional?: true;
}>;

/** Moves one stored version's data to the next one's. Sees sealed values as opaque things: moves them, never opens them. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** A version of an event as the log may hold it: the contract of its stored bytes, independent of any symbol here. */
export type EventDeclaration = Readonly<{
  type: string;
  version: number;
  /** The field that names whose data this is, before sealing; `null`: nobody's, or `unnamed`. */
  subject: string | null;
  /** Somebody's data that says nowhere whose: who holds the key derives the stream's name from it. */
  unnamed?: true;
  fields: Readonly<Record<string, Field>>;
  schema: JsonSchema;
  /** To the next version; absent on the newest. */
  upcast?: Upcaster;
}>;

const sealedSchema: JsonSchema = {
  type: 'object',
  properties: { sealed: { type: 'string', maxLength: 16_384 } },
  required: ['sealed'],
  additionalProperties: false,
};

const open = (schema: JsonSchema): OpenField => ({ kind: 'open', schema });

/** A UUID in lower case: the form keeps telephone and identity numbers out of what stands in clear. */
export const uuid = open({
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
});
export const instant = open({
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
});
export const localDate = open({ type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
export const localMonth = open({ type: 'string', pattern: '^\\d{4}-\\d{2}$' });
/** A local day, a local month or, where a figure is of no one period, nothing. */
export const period = open({ type: 'string', pattern: '^(\\d{4}-\\d{2}(-\\d{2})?)?$' });
/** A keyed digest of 128 bits in base64url: too long for a telephone or identity number. */
export const keyedDigest = open({ type: 'string', pattern: '^[A-Za-z0-9_-]{22}$' });
/** A word of a pack or of the catalogue: begins with a letter, so that no number of a person can pass for one. */
export const word = open({ type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}$' });
export const wordOrNone = open({ type: 'string', pattern: '^([A-Za-z][A-Za-z0-9_-]{0,62})?$' });
/** A sentence of a pack (a citation, a rule's name), never of a person. */
export const packText = open({ type: 'string', maxLength: 500 });
export const sha256 = open({ type: 'string', pattern: '^[0-9a-f]{64}$' });
export const count = open({ type: 'integer', minimum: 0 });
export const flag = open({ type: 'boolean' });

export const oneOf = (...values: readonly string[]): OpenField => open({ type: 'string', enum: values });
export const listOf = (item: OpenField): OpenField => open({ type: 'array', items: item.schema });
export const nullable = ({ schema }: OpenField): OpenField =>
  open({ ...schema, type: [...(typeof schema.type === 'string' ? [schema.type] : schema.type), 'null'] });
export const optional = <F extends Field>(field: F): F & { optional: true } => ({ ...field, optional: true });

export const record = (fields: Readonly<Record<string, OpenField>>): OpenField => open(objectSchema(fields));

/** A whole number that may be below zero: the difference a correction makes. */
export const wholeNumber = open({ type: 'integer' });

/** A personal value of a category: sealed in the log under its subject's key of that category. */
export const personal = (category: string): PersonalField => ({
  kind: 'personal',
  category,
  schema: sealedSchema,
});

/** As `personal`, for a list of many small values sealed as one text (at most 65,535 bytes). */
export const personalList = (category: string): PersonalField => ({
  kind: 'personal',
  category,
  schema: {
    type: 'object',
    properties: { sealed: { type: 'string', maxLength: 90_000 } },
    required: ['sealed'],
    additionalProperties: false,
  },
});

export const personalMap = (category: string, keys: readonly string[]): PersonalMap => ({
  kind: 'personal-map',
  category,
  keys,
  schema: {
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, sealedSchema])),
    additionalProperties: false,
    minProperties: 1,
  },
});

const objectSchema = (fields: Readonly<Record<string, Field>>): JsonSchema => {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, field]) => [name, field.schema])),
    required: entries.filter(([, field]) => !field.optional).map(([name]) => name),
    additionalProperties: false,
  };
};

/** Every field of the type is declared, the optional ones as optional: a forgotten field does not compile. */
type FieldsOf<Data> = {
  readonly [K in keyof Data]-?: object extends Pick<Data, K> ? Field & { optional: true } : Field;
};

type Body<Data> = Readonly<{
  subject: (keyof Data & string) | null;
  unnamed?: true;
  fields: FieldsOf<Data>;
  upcast?: Upcaster;
}>;

/**
 * Declares the stored form of an event. The type and version are written out, so that renaming the
 * TypeScript type changes no stored byte.
 */
export const declareEvent = <E extends DomainEvent>(
  type: E['type'],
  version: number,
  body: Body<E['data']>,
): EventDeclaration => {
  const fields: Readonly<Record<string, Field>> = { ...body.fields };
  return {
    type,
    version,
    subject: body.subject,
    fields,
    schema: objectSchema(fields),
    ...(body.unnamed ? { unnamed: body.unnamed } : {}),
    ...(body.upcast ? { upcast: body.upcast } : {}),
  };
};
