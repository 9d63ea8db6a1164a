/** A fact of the log as it is published: plain data, so that who reads it needs nothing of ours but this folder. */
export type PublishedEvent = Readonly<{
  /** Stable for ever: a repeat has the same. */
  id: string;
  tenant: string;
  context: string;
  type: string;
  version: number;
  /** What it is about. Order is promised among the records of one key only. */
  key: string;
  /** Rises with each record of a key: drop what is not beyond the last one seen. `null`: each record stands alone. */
  sequence: string | null;
  time: string;
  /** `null`: a tombstone, everything of this key is to be forgotten. */
  data: Readonly<Record<string, unknown>> | null;
  classification: string;
}>;

/** The attributes of CloudEvents 1.0, by their names in the specification. */
export type Attributes = Readonly<Record<string, string>>;

/** A record that is no envelope of ours. Says which attribute, never what stood in it. */
export class EnvelopeError extends Error {
  readonly code = 'ENVELOPE_INVALID';

  constructor(attribute: string) {
    super(`this is no envelope: ${attribute}`);
    this.name = 'EnvelopeError';
  }
}

const SOURCE = 'urn:lacuna:';
const JSON_TYPE = 'application/json';

export const typeAttribute = ({
  context,
  type,
  version,
}: Pick<PublishedEvent, 'context' | 'type' | 'version'>): string =>
  `lacuna.${context}.${type}.v${String(version)}`;

/** The name of the contract that the data hold; a resolver finds the file of the same name in `schemas/`. */
export const schemaId = ({ context, type, version }: Pick<PublishedEvent, 'context' | 'type' | 'version'>) =>
  `urn:lacuna:schema:${context}:${type}:${String(version)}`;

/** The envelope: required attributes, then the extensions partitioning, sequence and data classification. */
export const toAttributes = (event: PublishedEvent): Attributes => ({
  specversion: '1.0',
  id: event.id,
  source: `${SOURCE}${event.tenant}`,
  type: typeAttribute(event),
  time: event.time,
  subject: event.key,
  partitionkey: event.key,
  ...(event.sequence === null ? {} : { sequence: event.sequence }),
  dataclassification: event.classification,
  ...(event.data === null ? {} : { datacontenttype: JSON_TYPE, dataschema: schemaId(event) }),
});

/** The bytes of the data, the same for ever; `null`: a tombstone. */
export const toBytes = ({ data }: Pick<PublishedEvent, 'data'>): Buffer | null =>
  data === null ? null : Buffer.from(JSON.stringify(data), 'utf8');

const required = (attributes: Attributes, name: string): string => {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (value === undefined || value === '') throw new EnvelopeError(name);
  return value;
};

const TYPE = /^lacuna\.([a-z-]+)\.([A-Za-z0-9]+)\.v([1-9]\d{0,5})$/;

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new EnvelopeError('data');
  }
};

const dataOf = (attributes: Attributes, bytes: Uint8Array | null): PublishedEvent['data'] => {
  if (bytes === null) return null;
  if (!required(attributes, 'datacontenttype').startsWith(JSON_TYPE))
    throw new EnvelopeError('datacontenttype');
  const data = parsed(bytes);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new EnvelopeError('data');
  return { ...data };
};

const SEQUENCE = /^\d{20}$/;

/** Compared as text: of another length it would stand at another place than it says. */
const sequenceOf = (attributes: Attributes): string | null => {
  if (attributes['sequence'] === undefined) return null;
  const sequence = required(attributes, 'sequence');
  if (!SEQUENCE.test(sequence)) throw new EnvelopeError('sequence');
  return sequence;
};

/**
 * Reads an envelope back. Attributes and fields of the data that it does not know are let pass, so that a newer
 * producer does not stop an older consumer; `EnvelopeError` for what is none of ours.
 */
export const fromAttributes = (attributes: Attributes, bytes: Uint8Array | null): PublishedEvent => {
  if (!required(attributes, 'specversion').startsWith('1.')) throw new EnvelopeError('specversion');
  const source = required(attributes, 'source');
  const [, context, type, version] = TYPE.exec(required(attributes, 'type')) ?? [];
  if (!source.startsWith(SOURCE)) throw new EnvelopeError('source');
  if (context === undefined || type === undefined) throw new EnvelopeError('type');
  return {
    id: required(attributes, 'id'),
    tenant: source.slice(SOURCE.length),
    context,
    type,
    version: Number(version),
    key: required(attributes, 'partitionkey'),
    sequence: sequenceOf(attributes),
    time: required(attributes, 'time'),
    data: dataOf(attributes, bytes),
    classification: required(attributes, 'dataclassification'),
  };
};
