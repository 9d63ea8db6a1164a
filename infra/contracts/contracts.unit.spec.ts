import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import asyncapiSpecs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fromKafkaRecord, toKafkaRecord, topics } from '@lacuna/contracts';
import { contextRules, integrationEventOf, integrationTypes, publications } from '@lacuna/domain/integration';
import { asyncapiDocument } from './asyncapi.js';
import { incompatibilities } from './compatibility.js';
import { committedAsyncapi, committedBaseline, committedSchemas } from './contract-files.js';
import { schemaDocuments, schemaPath, type SchemaDocument } from './json-schemas.js';
import { contextMeanings, typeMeanings } from './meanings.js';

type Sample = Readonly<{
  type: string;
  version: number;
  full: Record<string, unknown>;
  required: Record<string, unknown>;
}>;
const folder = 'libs/domain/src/catalogue/samples';
const samples = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Sample,
);

const generated = schemaDocuments();
let committed: ReadonlyMap<string, SchemaDocument>;
beforeAll(async () => {
  committed = await committedSchemas();
});

describe('what is committed', () => {
  it('is what the catalogue gives: otherwise `npm run contracts` was forgotten', async () => {
    const stale = [...generated].filter(([path, schema]) => !isDeepStrictEqual(committed.get(path), schema));
    expect(stale.map(([path]) => path)).toEqual([]);
    expect(await committedAsyncapi()).toEqual(JSON.parse(JSON.stringify(asyncapiDocument())));
  });

  it('holds nothing that was neither generated nor promised', async () => {
    const known = new Set([...generated.keys(), ...Object.keys(await committedBaseline())]);
    expect([...committed.keys()].filter((path) => !known.has(path))).toEqual([]);
  });

  it('B11 breaks nothing that consumers were promised', async () => {
    const baseline = await committedBaseline();
    expect(Object.keys(baseline).length).toBeGreaterThanOrEqual(15);
    expect(incompatibilities(baseline, committed)).toEqual([]);
  });

  it('says of each context and type what it means, and of no other', () => {
    expect(Object.keys(typeMeanings).sort()).toEqual(integrationTypes.map(({ type }) => type).sort());
    expect(Object.keys(contextMeanings).sort()).toEqual(Object.keys(contextRules).sort());
  });
});

describe('every sample of the catalogue', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });

  it('I10 goes over the wire as what its schema accepts, and with no field that the schema does not know', () => {
    for (const schema of committed.values()) ajv.addSchema(schema);
    const seen = new Set<string>();
    for (const sample of samples) {
      const publication = Object.entries(publications).find(([type]) => type === sample.type)?.[1];
      if (publication === undefined || publication.as === 'private') continue;
      const { kind } = contextRules[publication.context];
      for (const data of [sample.full, sample.required]) {
        const event = integrationEventOf({
          id: '00000000-0000-4000-8000-000000000099',
          stream: `car-club.${kind}-1998`,
          revision: 3n,
          type: sample.type,
          schemaVersion: sample.version,
          data,
          metadata: { tenant: 'car-club', occurredAt: '1998-07-01T01:00:00.000Z' },
        });
        const record = toKafkaRecord(event!);
        const read = fromKafkaRecord(record);
        if (read.data === null) continue;
        const schema = String(record.headers['ce_dataschema']);
        const validate = ajv.getSchema(schema)!;
        expect([validate(read.data), validate.errors]).toEqual([true, null]);
        const { properties } = validate.schema as SchemaDocument;
        expect(Object.keys(read.data).filter((name) => !Object.hasOwn(properties, name))).toEqual([]);
        seen.add(schema);
      }
    }
    // Each that is written now, however many versions of a type the log may hold.
    expect([...seen].sort()).toEqual([...generated.values()].map(({ $id }) => $id).sort());
  });

  it('a schema refuses what it does not describe', () => {
    const validate = new Ajv2020({ strict: false }).compile(
      committed.get('member/MemberRegistered.v1.json')!,
    );
    expect(validate({ memberId: '00000000-0000-4000-8000-000000000001', added: 1 })).toBe(true);
    expect(validate({ memberId: '13800000000' })).toBe(false);
    expect(validate({})).toBe(false);
  });
});

describe('the AsyncAPI document', () => {
  const document = (): Record<string, unknown> =>
    JSON.parse(JSON.stringify(asyncapiDocument())) as Record<string, unknown>;
  const validate = new Ajv({
    strict: false,
    validateFormats: false,
    meta: false,
    validateSchema: false,
  }).compile(asyncapiSpecs.schemas['3.0.0'] as object);

  it('is valid by the official schema of AsyncAPI 3', () => {
    expect([validate(document()), validate.errors]).toEqual([true, null]);
    expect(validate({ ...document(), channels: { member: { adress: 'x' } } })).toBe(false);
  });

  it('every reference in it leads somewhere', () => {
    const whole = document();
    const references = [...JSON.stringify(whole).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) =>
      String(ref),
    );
    expect(references.length).toBeGreaterThan(40);
    for (const reference of references) {
      if (reference.startsWith('../schemas/')) {
        expect(committed.has(reference.slice('../schemas/'.length))).toBe(true);
        continue;
      }
      const found = reference
        .slice('#/'.length)
        .split('/')
        .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], whole);
      expect([reference, typeof found]).toEqual([reference, 'object']);
    }
  });

  it('names every topic as it is declared, and every published type once', () => {
    const { channels, components } = asyncapiDocument() as {
      channels: Record<string, { address: string; bindings: { kafka: { partitions: number } } }>;
      components: { messages: Record<string, unknown> };
    };
    const declared = topics({ replicationFactor: 3, simulatedClock: false });
    expect(
      Object.values(channels).map(({ address, bindings }) => [address, bindings.kafka.partitions]),
    ).toEqual(declared.map(({ topic, partitions }) => [topic, partitions]));
    expect(Object.keys(components.messages)).toEqual(integrationTypes.map(({ type }) => type));
  });
});

describe('what would break somebody', () => {
  const path = 'member/MemberRegistered.v1.json';
  const before = {
    type: 'object',
    properties: { memberId: { type: 'string' }, level: { type: 'string', enum: ['a', 'b'] } },
    required: ['memberId'],
  };
  const after = (change: Partial<SchemaDocument>): readonly string[] =>
    incompatibilities({ [path]: before }, new Map([[path, { ...before, ...change }]]));
  const { memberId, level } = before.properties;

  it.each<[string, Partial<SchemaDocument>, readonly string[]]>([
    ['nothing changed', {}, []],
    ['another description', { description: 'better said' }, []],
    ['a field more', { properties: { memberId, level, channel: { type: 'string' } } }, []],
    ['a field less', { properties: { memberId } }, [`${path}: level is gone`]],
    [
      'a wider type',
      { properties: { memberId: { type: ['string', 'null'] }, level } },
      [`${path}: memberId has another form`],
    ],
    [
      'a narrower list',
      { properties: { memberId, level: { type: 'string', enum: ['a'] } } },
      [`${path}: level has another form`],
    ],
    ['no longer always there', { required: [] }, [`${path}: memberId may be missing`]],
    [
      'a field more that must be there',
      { properties: { memberId, level, channel: { type: 'string' } }, required: ['memberId', 'channel'] },
      [`${path}: channel is required, and the records that are there may not have it`],
    ],
  ])('%s', (_, change, faults) => {
    expect(after(change)).toEqual(faults);
  });

  it('a schema that is gone', () => {
    expect(incompatibilities({ [path]: before }, new Map())).toEqual([
      `${path}: is gone, and records of it may be there`,
    ]);
  });

  it('a second version stands beside the first', () => {
    const [first] = integrationTypes;
    const second = { ...first!, version: 2 };
    expect([...schemaDocuments([second]).keys()]).toEqual([schemaPath(second)]);
    expect(schemaPath(second)).not.toBe(schemaPath(first!));
  });
});
