import { readFileSync } from 'node:fs';
import {
  declareEvent,
  LacunaError,
  personal,
  personalMap,
  uuid,
  word,
  type DomainEvent,
  type EventDeclaration,
  type Sealed,
  type Upcaster,
} from '../kernel/index.js';
import {
  assertStored,
  catalogue,
  categoriesOf,
  checkCatalogue,
  makeCatalogue,
  readEvent,
  sealFields,
  subjectOf,
  type StoredForm,
} from './index.js';

/** Three past shapes of one event: a personal field renamed in the second, moved into a map in the third. */
type VisitNoted = DomainEvent<
  'VisitNoted',
  { visitorId: string; contacts: Partial<Record<'mobile' | 'email', Sealed>>; place: string; channel: string }
>;
type VisitNotedV2 = DomainEvent<'VisitNoted', { visitorId: string; mobile: Sealed; place: string }>;
type VisitNotedV1 = DomainEvent<'VisitNoted', { visitorId: string; phone: Sealed }>;

const toV2: Upcaster = ({ phone, ...rest }) => ({ ...rest, mobile: phone, place: 'unknown' });
const toV3: Upcaster = ({ visitorId, mobile, place }) => ({
  visitorId,
  contacts: { mobile },
  place,
  channel: 'unknown',
});

const v1 = declareEvent<VisitNotedV1>('VisitNoted', 1, {
  subject: 'visitorId',
  fields: { visitorId: uuid, phone: personal('basic') },
  upcast: toV2,
});
const v2 = declareEvent<VisitNotedV2>('VisitNoted', 2, {
  subject: 'visitorId',
  fields: { visitorId: uuid, mobile: personal('basic'), place: word },
  upcast: toV3,
});
const v3 = declareEvent<VisitNoted>('VisitNoted', 3, {
  subject: 'visitorId',
  fields: {
    visitorId: uuid,
    contacts: personalMap('basic', ['mobile', 'email']),
    place: word,
    channel: word,
  },
});

describe('B11 a log of every past version', () => {
  const past = makeCatalogue([v3, v1, v2]);
  const golden = JSON.parse(
    readFileSync('libs/domain/src/catalogue/golden/visit-noted.json', 'utf8'),
  ) as Readonly<{ stored: readonly StoredForm[]; newest: readonly string[] }>;

  it('replays byte-stable in the newest shape', () => {
    for (const { type, schemaVersion, data } of golden.stored)
      assertStored(past.entry(type, schemaVersion), data);
    const newest = golden.stored.map((stored) => past.upcast(stored));
    expect(newest.map((event) => JSON.stringify(event))).toEqual(golden.newest);
    for (const { type, data } of newest) assertStored(past.newest(type), data as StoredForm['data']);
  });

  it('takes each step alone from one contract to the next', () => {
    const [first, second] = golden.stored;
    assertStored(v2, toV2(first!.data));
    assertStored(v3, toV3(second!.data));
  });

  it('leaves what is stored untouched', () => {
    const before = JSON.stringify(golden.stored);
    golden.stored.forEach((stored) => past.upcast(stored));
    expect(JSON.stringify(golden.stored)).toBe(before);
  });
});

describe('B11 a set of declarations that the product does not start with', () => {
  const v1Alone = declareEvent<VisitNotedV1>('VisitNoted', 1, {
    subject: 'visitorId',
    fields: { visitorId: uuid, phone: personal('basic') },
  });
  const v2Alone = declareEvent<VisitNotedV2>('VisitNoted', 2, {
    subject: 'visitorId',
    fields: { visitorId: uuid, mobile: personal('basic'), place: word },
  });
  const cases: readonly [string, readonly EventDeclaration[], RegExp][] = [
    ['a gap', [v1, v3], /version 2 is missing/],
    ['no beginning', [v2, v3], /version 1 is missing/],
    ['a version declared twice', [v1, v2, v2, v3], /version 2 is declared twice/],
    ['a chain that stops on its way', [v1Alone, v2, v3], /version 1 has no upcaster/],
    ['a chain that stops before its end', [v1, v2Alone, v3], /version 2 has no upcaster/],
    ['a chain that leads beyond its end', [v1, v2], /the newest version has an upcaster/],
    ['a version that is no number', [{ ...v3, version: 1.5 }], /versions count from 1/],
    ['a version zero', [{ ...v3, version: 0 }], /versions count from 1/],
    ['a personal field that is nobody’s', [{ ...v1Alone, subject: null }], /personal fields and no subject/],
    ['a subject that is no field', [{ ...v1Alone, subject: 'nobody' }], /no field nobody/],
    [
      'two values sealed under one label',
      [{ ...v3, version: 1, fields: { ...v3.fields, mobile: personal('basic') } }],
      /seals two values as mobile/,
    ],
  ];

  it.each(cases)('%s', (_, entries, fault) => {
    expect(checkCatalogue(entries).join('\n')).toMatch(fault);
    expect(() => makeCatalogue(entries)).toThrow(fault);
  });

  it('and one that it starts with', () => {
    expect(checkCatalogue([v1, v2, v3])).toEqual([]);
    expect(checkCatalogue(catalogue.entries)).toEqual([]);
  });
});

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof LacunaError ? error.code : 'another error';
  }
};

describe('what the catalogue does not know', () => {
  it('B11 is refused with its name, a version of the future as well', () => {
    const stored = { type: 'VisitNoted', schemaVersion: 1, data: {} };
    expect(codeOf(() => readEvent(stored))).toBe('EVENT_UNKNOWN');
    expect(() => readEvent({ type: 'MemberErased', schemaVersion: 2, data: {} })).toThrow(
      'the catalogue has no MemberErased version 2',
    );
    for (const version of [0, -1, 1.5, NaN])
      expect(() => catalogue.entry('MemberErased', version)).toThrow('the catalogue has no MemberErased');
    expect(() => catalogue.newest('constructor')).toThrow('the catalogue has no constructor');
  });
});

describe('sealing by the declaration', () => {
  const event = (data: object) => ({ type: 'VisitNoted', data });
  const seal = (category: string, label: string): Sealed => ({ sealed: `${category}/${label}` });
  const data = {
    visitorId: '00000000-0000-4000-8000-000000000003',
    contacts: { mobile: '19900000001' },
    place: 'shop',
    channel: 'registration',
  };

  it('seals each value under its own field’s name, inside a map too, and drops what is absent', () => {
    expect(sealFields(v3, event({ ...data, extra: undefined }), seal)).toEqual({
      ...data,
      contacts: { mobile: { sealed: 'basic/mobile' } },
    });
    expect(categoriesOf(v3)).toEqual(['basic']);
    expect(subjectOf(v3, event(data))).toBe(data.visitorId);
  });

  it('refuses what is not in the contract, before it can reach the log', () => {
    const refused = (change: object) => () => sealFields(v3, event({ ...data, ...change }), seal);
    expect(refused({ remark: 'calls himself 19900000001' })).toThrow('additionalProperties at $');
    expect(refused({ contacts: { fax: '19900000001' } })).toThrow('additionalProperties at $.contacts');
    expect(refused({ contacts: '19900000001' })).toThrow('minProperties at $.contacts');
    expect(refused({ contacts: { mobile: 19900000001 } })).toThrow('mobile is no text');
    expect(refused({ visitorId: '19900000001' })).toThrow('pattern at $.visitorId');
    expect(refused({ place: '19900000001' })).toThrow('pattern at $.place');
  });

  it('knows whose data a read shows before its subject is sealed', () => {
    const entry = catalogue.newest('PersonalDataRead');
    expect(subjectOf(entry, { type: 'PersonalDataRead', data: { subject: 'x' } })).toBe('x');
    expect(subjectOf(entry, { type: 'PersonalDataRead', data: { subject: { sealed: 'x' } } })).toBeNull();
    const denied = catalogue.newest('PersonalDataReadDenied');
    expect(subjectOf(denied, { type: 'PersonalDataReadDenied', data: {} })).toBeNull();
  });
});
