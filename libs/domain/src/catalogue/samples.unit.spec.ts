import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { isSealed, mismatch, type EventDeclaration } from '../kernel/index.js';
import { assertStored, catalogue, personalFieldsOf, sealFields } from './index.js';

type Data = Readonly<Record<string, unknown>>;
/** The contract of one stored version as it was when it was first written, and two events that were written under it. */
type Sample = Readonly<{
  type: string;
  version: number;
  contract: Readonly<{
    subject: string | null;
    personal: Readonly<Record<string, string>>;
    schema: unknown;
  }>;
  full: Data;
  required: Data;
}>;

const folder = 'libs/domain/src/catalogue/samples';
const samples = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Sample,
);

const keyOf = ({ type, version }: { type: string; version: number }): string => `${type} version ${version}`;
const cases = samples.map((sample): [string, Sample] => [keyOf(sample), sample]);

const personalOf = ({ fields }: EventDeclaration): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      field.kind === 'open' ? [] : [[name, field.category]],
    ),
  );

it('B11 every stored name and version has its sample, and no sample is of a version that is gone', () => {
  expect(samples.map(keyOf).sort()).toEqual(catalogue.entries.map(keyOf).sort());
});

describe.each(cases)('%s', (_, sample) => {
  const entry = catalogue.entry(sample.type, sample.version);

  it('still has the contract it was first written under', () => {
    expect({ subject: entry.subject, personal: personalOf(entry), schema: entry.schema }).toEqual(
      sample.contract,
    );
  });

  it('has a sample with every field and one with only the required ones', () => {
    expect(Object.keys(sample.full).sort()).toEqual(Object.keys(entry.schema.properties ?? {}).sort());
    expect(Object.keys(sample.required).sort()).toEqual([...(entry.schema.required ?? [])].sort());
  });

  it.each(['full', 'required'] as const)('reads the %s sample into the newest shape', (kind) => {
    const data = sample[kind];
    assertStored(entry, data);
    const read = catalogue.upcast({ type: sample.type, schemaVersion: sample.version, data });
    assertStored(catalogue.newest(sample.type), read.data as Data);
  });

  it('seals each personal field and leaves none in clear', () => {
    const canary = 'canary-19900000001';
    const values = personalFieldsOf(entry, { type: sample.type, data: sample.full });
    expect(values.every(({ value }) => isSealed(value))).toBe(true);
    const plain = JSON.parse(JSON.stringify(sample.full), (_key, value: unknown) =>
      isSealed(value) ? canary : value,
    ) as Data;
    const stored = sealFields(entry, { type: sample.type, data: plain }, (category, label) => ({
      sealed: `${category}/${label}`,
    }));
    expect(JSON.stringify(stored)).not.toContain(canary);
    const labels = personalFieldsOf(entry, { type: sample.type, data: stored });
    expect(labels.map(({ value }) => value)).toEqual(
      values.map(({ category, label }) => ({ sealed: `${category}/${label}` })),
    );
    if (values.length > 0) expect(() => assertStored(entry, plain)).toThrow(/type at/);
  });

  it('an upcaster moves sealed values and never looks into them', () => {
    const other = (data: Data): Data =>
      JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
        isSealed(value) ? { sealed: `other ${value.sealed}` } : value,
      ) as Data;
    const up = (data: Data): Data =>
      catalogue.upcast({ type: sample.type, schemaVersion: sample.version, data }).data as Data;
    expect(up(other(sample.full))).toEqual(other(up(sample.full)));
  });
});

describe('the small schema checker', () => {
  const ajv = new Ajv({ strict: false });
  const anyJson = fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 7, 1.5, '', 'exit', '19900000001', 'x'.repeat(501), [], {}),
    fc.constantFrom<unknown>({ sealed: 'x' }, { sealed: 1 }, ['basic'], [{}], '1998-07-01T01:00:00.000Z'),
  );
  const places = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))]
      : [path];
  const put = (value: unknown, [key, ...rest]: readonly string[], change: unknown): unknown => {
    if (key === undefined) return change;
    const copy = structuredClone(value) as Record<string, unknown>;
    copy[key] = put(copy[key], rest, change);
    return copy;
  };

  it('agrees with a full implementation of JSON Schema on every sample with anything put anywhere', () => {
    const validators = new Map(
      samples.map((sample) => [sample, ajv.compile(sample.contract.schema as object)]),
    );
    const mutated = fc
      .constantFrom(...samples)
      .chain((sample) =>
        fc
          .tuple(fc.constantFrom(...places(sample.full), ['surplus']), anyJson)
          .map(([path, change]) => ({ sample, data: put(sample.full, path, change) })),
      );
    let refused = 0;
    fc.assert(
      fc.property(mutated, ({ sample, data }) => {
        const fits = mismatch(catalogue.entry(sample.type, sample.version).schema, data) === null;
        if (!fits) refused++;
        expect(fits).toBe(validators.get(sample)!(data));
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('names the place and never the value', () => {
    const entry = catalogue.newest('ErasureRequested');
    const data = { ...samples.find(({ type }) => type === 'ErasureRequested')!.full, reason: '19900000001' };
    expect(() => assertStored(entry, data)).toThrow('ErasureRequested version 1: pattern at $.reason');
  });
});
