import { topics, topicOf, typeAttribute, type TopicDeclaration } from '@lacuna/contracts';
import { contextRules, integrationTypes, type IntegrationType } from '@lacuna/domain/integration';
import { schemaPath } from './json-schemas.js';
import { contextMeanings, typeMeanings } from './meanings.js';

type Node = Readonly<Record<string, unknown>>;

const BINDING = '0.5.0';
const text = (description: string, more: Node = {}): Node => ({ type: 'string', description, ...more });

const tombstoneAttributes: Readonly<Record<string, Node>> = {
  ce_specversion: text('CloudEvents 1.0', { const: '1.0' }),
  ce_id: text('the same for ever: a repeat has the same', { format: 'uuid' }),
  ce_source: text('urn:lacuna: and the tenant', { pattern: '^urn:lacuna:[a-z][a-z0-9-]{0,62}$' }),
  ce_type: text('lacuna, context, type and version'),
  ce_time: text('when it happened; of a behaviour its day alone', { format: 'date-time' }),
  ce_subject: text('what it is about'),
  ce_partitionkey: text('the key of the record'),
  ce_sequence: text('rises with each record of a key; a behaviour has none', { pattern: '^\\d{20}$' }),
  ce_dataclassification: text('how it must be handled', { enum: ['internal', 'confidential'] }),
};
/** What is no attribute of the event, but of its way here. */
const traceHeader: Readonly<Record<string, Node>> = {
  traceparent: text('W3C Trace Context of what it came out of, where that was traced; a behaviour has none', {
    pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
  }),
};
const mayBeMissing = ['ce_sequence', ...Object.keys(traceHeader)];
const dataAttributes: Readonly<Record<string, Node>> = {
  'content-type': text('of the value', { const: 'application/json' }),
  ce_dataschema: text('the contract of the value', { format: 'uri' }),
};

const headersOf = (properties: Readonly<Record<string, Node>>): Node => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !mayBeMissing.includes(name)),
});

const payloadOf = (published: IntegrationType): Node =>
  published.schema === null
    ? { type: 'null', description: 'A tombstone.' }
    : {
        schemaFormat: 'application/schema+json;version=draft-2020-12',
        schema: { $ref: `../schemas/${schemaPath(published)}` },
      };

const keyMeanings = {
  id: 'the id of what it is about',
  'tenant-and-id': 'the tenant, a dot, and the night or the year',
  event: 'the id of the record itself',
} as const;

const messageOf = (published: IntegrationType): Node => ({
  name: typeAttribute(published),
  title: `${published.type}, version ${String(published.version)}`,
  summary: typeMeanings[published.type],
  ...(published.schema === null ? {} : { contentType: 'application/json' }),
  headers: { $ref: `#/components/schemas/${published.schema === null ? 'tombstoneHeaders' : 'headers'}` },
  payload: payloadOf(published),
  bindings: {
    kafka: {
      key: text(keyMeanings[contextRules[published.context].key]),
      bindingVersion: BINDING,
    },
  },
});

/** As numbers and lists where the document has them so. */
const configurationOf = ({ config }: TopicDeclaration): Node =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]): [string, unknown] => {
      if (name === 'cleanup.policy') return [name, [value]];
      return [name, /^-?\d+$/.test(value) ? Number(value) : value];
    }),
  );

const typesOf = (context: string): readonly IntegrationType[] =>
  integrationTypes.filter((published) => published.context === context);

const channelOf = (declared: TopicDeclaration): Node => ({
  address: declared.topic,
  description: contextMeanings[declared.context],
  messages: Object.fromEntries(
    typesOf(declared.context).map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]),
  ),
  bindings: {
    kafka: {
      topic: declared.topic,
      partitions: declared.partitions,
      replicas: declared.replicationFactor,
      topicConfiguration: configurationOf(declared),
      bindingVersion: BINDING,
    },
  },
});

const operationOf = ({ context }: TopicDeclaration): Node => ({
  action: 'send',
  channel: { $ref: `#/channels/${context}` },
  summary: `At least once, in the order of each key, from ${topicOf(context)}.`,
});

const each = (make: (declared: TopicDeclaration) => Node): Node =>
  Object.fromEntries(
    topics({ replicationFactor: 3, simulatedClock: false }).map((declared) => [
      declared.context,
      make(declared),
    ]),
  );

/** What is published, as an AsyncAPI 3 document. The same envelope and data come over the gRPC subscription. */
export const asyncapiDocument = (): Node => ({
  asyncapi: '3.0.0',
  id: 'urn:lacuna:integration',
  info: {
    title: 'Lacuna, integration events',
    version: '1.0.0',
    description:
      'Facts of the log as others may know them: CloudEvents 1.0 in binary mode, JSON values, nothing personal. Whoever may know more asks the query API, and the asking is recorded.',
    license: { name: 'Apache-2.0' },
  },
  defaultContentType: 'application/json',
  channels: each(channelOf),
  operations: each(operationOf),
  components: {
    messages: Object.fromEntries(integrationTypes.map((published) => [published.type, messageOf(published)])),
    schemas: {
      headers: headersOf({ ...tombstoneAttributes, ...dataAttributes, ...traceHeader }),
      tombstoneHeaders: headersOf({ ...tombstoneAttributes, ...traceHeader }),
    },
  },
});
