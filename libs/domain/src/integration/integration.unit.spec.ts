import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  activityAnnounced,
  activityEnded,
  behaviourCounted,
  behaviourDayAnonymised,
  behaviourRecorded,
  behavioursCountedOnly,
  correctionOverdue,
  correctionRequested,
  erasureFinal,
  erasureRequested,
  erasureStarted,
  id,
  identityErased,
  infoCorrected,
  memberErased,
  nightCounted,
  participantSignedUp,
  readRecordEnded,
  realNameVerified,
  recordedLog,
  registered,
  retentionSwept,
  signUpsDeleted,
  tagOf,
  type LogLine,
} from '@lacuna/testing';
import { catalogue, makeCatalogue, readEvent } from '../catalogue/index.js';
import {
  declareEvent,
  mismatch,
  personal,
  uuid,
  word,
  type DomainEvent,
  type Sealed,
} from '../kernel/index.js';
import {
  contextRules,
  integrationEventOf,
  integrationMapping,
  integrationTypes,
  publications,
  publishedContexts,
  publishedTypes,
  type IntegrationEvent,
  type Publication,
  type RecordedForm,
} from './index.js';

type Sample = Readonly<{
  type: string;
  version: number;
  full: RecordedForm['data'];
  required: RecordedForm['data'];
}>;

const folder = 'libs/domain/src/catalogue/samples';
const samples = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Sample,
);
const publicationOf = (type: string): Publication | undefined =>
  Object.entries(publications).find(([name]) => name === type)?.[1];

/** Where a type stands: its context's kind of stream, under an id of that kind. */
const streamFor = (type: string): string => {
  const publication = publicationOf(type);
  const kind =
    publication?.as === 'private' || !publication ? 'member' : contextRules[publication.context].kind;
  return `car-club.${kind}-${kind === 'statistics' || kind === 'retention' ? '1998' : id(1)}`;
};
const recorded = (type: string, version: number, data: RecordedForm['data']): RecordedForm => ({
  id: id(99),
  stream: streamFor(type),
  revision: 7n,
  type,
  schemaVersion: version,
  data,
  metadata: { tenant: 'car-club', occurredAt: '1998-07-01T01:02:03.456Z' },
});
const bySample = samples.flatMap(({ type, version, full, required }) =>
  [full, required].map((data) => recorded(type, version, data)),
);

it('hands on the trace of an event, but not of a single behaviour', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const traced = bySample.map((one) => ({ ...one, metadata: { ...one.metadata, trace } }));
  const out = traced.flatMap((one) => integrationEventOf(one) ?? []);
  expect(out.length).toBeGreaterThan(5);
  for (const event of out)
    expect(event.trace).toBe(publicationOf(event.type)?.as === 'reference' ? undefined : trace);
});

describe('the list', () => {
  it('I10 names every type of the catalogue as published or, with a reason, as private; and no other', () => {
    const known = new Set(catalogue.entries.map(({ type }) => type));
    expect(Object.keys(publications).sort()).toEqual([...known].sort());
    for (const publication of Object.values(publications))
      if (publication.as === 'private') expect(publication.why.length).toBeGreaterThan(20);
  });

  it('I10 says of every field of a published type that it goes out, or why not', () => {
    for (const [type, publication] of Object.entries(publications)) {
      if (publication.as === 'private') continue;
      const { fields } = catalogue.newest(type);
      const { withheld } = publication;
      expect([...publication.fields, ...Object.keys(withheld)].sort()).toEqual(Object.keys(fields).sort());
      for (const field of publication.fields) expect(fields[field]?.kind).toBe('open');
      for (const why of Object.values(withheld)) expect(why.length).toBeGreaterThan(10);
    }
  });

  it('publishes no free text but the citation of a rule', () => {
    const texts = integrationTypes.flatMap(({ type, schema }) =>
      Object.entries(schema?.properties ?? {}).flatMap(([name, field]) => {
        const item = field.items ?? field;
        const closed = item.pattern !== undefined || item.enum !== undefined || item.type !== 'string';
        return closed ? [] : [`${type}.${name}`];
      }),
    );
    expect(texts.sort()).toEqual([
      'BehaviourDayAnonymised.cite',
      'ReadRecordEnded.cite',
      'SignUpsDeleted.cite',
    ]);
  });

  it('publishes something in every context, and each in the newest version', () => {
    expect(new Set(integrationTypes.map(({ context }) => context))).toEqual(new Set(publishedContexts));
    for (const { type, version } of integrationTypes) expect(version).toBe(catalogue.newest(type).version);
  });
});

describe('the mapping', () => {
  const schemaOf = (type: string) => integrationTypes.find((one) => one.type === type)?.schema ?? null;

  it.each(bySample.map((one): [string, RecordedForm] => [one.type, one]))(
    'I10 gives of a sample of %s what its contract promises, and nothing sealed',
    (type, sample) => {
      const event = integrationEventOf(sample);
      const schema = schemaOf(type);
      if (publicationOf(type)?.as === 'private') expect(event).toBeNull();
      else if (schema === null) expect(event?.data).toBeNull();
      else expect(mismatch(schema, event?.data)).toBeNull();
      expect(JSON.stringify(event)).not.toMatch(/sealed|sample\./);
    },
  );

  it('looks neither at the position nor at when the log took it: another engine gives the same records', () => {
    for (const sample of bySample) {
      const moved = { ...sample, position: 4_711n, recordedAt: '2001-01-01T00:00:00.000Z' };
      expect(integrationEventOf(moved)).toEqual(integrationEventOf(sample));
    }
  });

  it('C09 an erased member is a tombstone, twice: destroyed, and unrecoverable', () => {
    const log = recordedLog([registered(), memberErased(), erasureFinal()]).map(integrationEventOf);
    expect(log.map((event) => [event?.key, event?.sequence, event?.data])).toEqual([
      [id(1), '0'.repeat(20), { memberId: id(1) }],
      [id(1), '1'.padStart(20, '0'), null],
      [id(1), '2'.padStart(20, '0'), null],
    ]);
  });

  it('R041 of a behaviour only that there is one of a day: no time, no order, no place in a stream', () => {
    // The local midnight that began the day: nothing finer is ever stored of a behaviour.
    const [behaviour] = recordedLog([{ ...behaviourRecorded(), recordedAt: '1998-07-01T00:00:00+08:00' }]);
    const event = integrationEventOf(behaviour!);
    expect(event).toEqual({
      id: behaviour!.id,
      tenant: 'car-club',
      context: 'behaviour',
      type: 'BehaviourRecorded',
      version: 1,
      key: behaviour!.id,
      sequence: null,
      time: '1998-03-04T00:00:00.000Z',
      stamp: '1998-07-01T00:00:00.000Z',
      data: { day: '1998-03-04' },
      classification: 'confidential',
    });
  });

  it.each(['-10:00', '-05:00', '+00:00', '+05:45', '+08:00', '+13:00'])(
    'R041 stamps a behaviour with the local day it was recorded, where that begins at UTC%s',
    (offset) => {
      const [behaviour] = recordedLog([
        { ...behaviourRecorded(), recordedAt: `1998-07-01T00:00:00${offset}` },
      ]);
      expect(integrationEventOf(behaviour!)?.stamp).toBe('1998-07-01T00:00:00.000Z');
    },
  );

  it('R049 the end of an activity does not count who had signed up before', () => {
    const ends = [0, 1, 3].map((signUps) => {
      const log = recordedLog([
        activityAnnounced(),
        ...Array.from({ length: signUps }, (_, n) =>
          participantSignedUp({ participantId: id(20 + n), tag: tagOf(n) }),
        ),
        activityEnded(),
        signUpsDeleted(),
      ]);
      return log.flatMap((event) => integrationEventOf(event)?.sequence ?? []).map(Number);
    });
    expect(ends).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it('throws for what the catalogue or the list does not know, and for an event in a stream of another kind', () => {
    const [member] = recordedLog([registered()]);
    const codeOf = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return (error as { code: unknown }).code;
      }
    };
    const other = { ...member!, type: 'MemberRenamed' };
    const moved = { ...member!, stream: 'car-club.identity-00000000' };
    expect(codeOf(() => integrationEventOf(other))).toBe('EVENT_UNPUBLISHED');
    expect(codeOf(() => integrationEventOf({ ...other, type: 'toString' }))).toBe('EVENT_UNPUBLISHED');
    expect(codeOf(() => integrationEventOf({ ...member!, schemaVersion: 2 }))).toBe('EVENT_UNKNOWN');
    expect(codeOf(() => integrationEventOf(moved))).toBe('EVENT_MISPLACED');
  });
});

describe('B11 an event of an older version', () => {
  type Noted = DomainEvent<'Noted', { visitorId: string; place: string; mobile: Sealed }>;
  type NotedV1 = DomainEvent<'Noted', { visitorId: string; phone: Sealed }>;
  const past = makeCatalogue([
    declareEvent<NotedV1>('Noted', 1, {
      subject: 'visitorId',
      fields: { visitorId: uuid, phone: personal('basic') },
      upcast: ({ phone, ...rest }) => ({ ...rest, mobile: phone, place: 'unknown' }),
    }),
    declareEvent<Noted>('Noted', 2, {
      subject: 'visitorId',
      fields: { visitorId: uuid, place: word, mobile: personal('basic') },
    }),
  ]);
  const list: Readonly<Record<string, Publication>> = {
    Noted: {
      as: 'record',
      context: 'member',
      fields: ['visitorId', 'place'],
      withheld: { mobile: 'personal' },
    },
  };

  it('goes out in the newest shape, under the newest version', () => {
    const old = { ...recorded('Noted', 1, { visitorId: id(1), phone: { sealed: 'x' } }) };
    const event = integrationMapping(past, list)(old);
    expect(event).toMatchObject({ version: 2, data: { visitorId: id(1), place: 'unknown' } });
    expect(publishedTypes(past, list)).toMatchObject([
      { version: 2, schema: { required: ['visitorId', 'place'] } },
    ]);
  });
});

describe('any history', () => {
  const CANARY = '许一诺';
  const secret = fc.stringMatching(/^canary[0-9]{6,11}$/);
  const who = fc.integer({ min: 1, max: 3 }).map(id);
  const pair = fc.record({ memberId: who, value: secret });
  const memberLine = fc.oneof(
    pair.map(({ memberId, value }) => registered({ memberId, name: CANARY + value, mobile: value })),
    pair.map(({ memberId, value }) => correctionRequested({ memberId, changes: { mobile: value } })),
    pair.map(({ memberId, value }) => infoCorrected({ memberId, changes: { plate: value } })),
    who.map((memberId) => correctionOverdue({ memberId })),
    pair.map(({ memberId, value }) => erasureRequested({ memberId, reason: value })),
    who.map((memberId) => erasureStarted({ memberId })),
    who.map((memberId) => memberErased({ memberId })),
    who.map((memberId) => erasureFinal({ memberId })),
  );
  const otherLine = fc.oneof(
    secret.map((value) => realNameVerified({ identityId: id(50), name: CANARY, idNumber: value })),
    fc.constant(identityErased({ identityId: id(50) })),
    secret.map((title) => activityAnnounced({ activityId: id(60), title, organiser: 'canary-agent' })),
    fc.integer({ min: 0, max: 9 }).map((n) =>
      participantSignedUp({
        activityId: id(60),
        participantId: id(0x700 + n),
        tag: tagOf(n),
        details: 'canary',
      }),
    ),
    secret.map((body) => behaviourRecorded({ body, copy: body })),
    secret.map((copies) => behavioursCountedOnly({ copies })),
    fc.constantFrom(behaviourCounted(), nightCounted()),
    fc.constantFrom(behaviourDayAnonymised(), readRecordEnded(), retentionSwept()),
  );
  const moment = fc
    .integer({ min: 0, max: 86_399_999 })
    .map((ms) => new Date(Date.parse('1998-07-01T00:00:00Z') + ms).toISOString());
  const line = fc.tuple(fc.oneof(memberLine, otherLine), moment).map(([event, recordedAt]): LogLine => ({
    ...event,
    recordedAt,
    actor: { id: 'canary-actor', role: 'x' },
  }));
  const logs = fc.array(line, { maxLength: 40 }).map((lines) =>
    recordedLog(lines).map((event) => ({
      ...event,
      metadata: { ...event.metadata, payloadDigest: 'canary-digest', causedBy: id(0xcafe) },
    })),
  );
  const published = (log: readonly RecordedForm[]): readonly IntegrationEvent[] =>
    log.flatMap((event) => integrationEventOf(event) ?? []);

  it('I10 R041 R078 R097 leaves out everything personal, sealed, digested, of who acted or was read, and of identity', () => {
    let seen = 0;
    fc.assert(
      fc.property(logs, (log) => {
        const text = JSON.stringify(published(log));
        seen += text.length > 2 ? 1 : 0;
        expect(text).not.toMatch(/canary|许一诺|sealed|digest|TTTT/);
        for (const hidden of [id(50), id(0xcafe), ...Array.from({ length: 10 }, (_, n) => id(0x700 + n))])
          expect(text).not.toContain(hidden);
      }),
      { numRuns: 300 },
    );
    expect(seen).toBeGreaterThan(200);
  });

  it('R041 E11 tells of a behaviour no time finer than the day, and ties no two of them together', () => {
    fc.assert(
      fc.property(logs, (log) => {
        const behaviours = published(log).filter(({ context }) => context === 'behaviour');
        for (const { time, stamp, sequence } of behaviours) {
          expect([time, stamp].every((at) => at.endsWith('T00:00:00.000Z'))).toBe(true);
          expect(sequence).toBeNull();
        }
        const alike = new Set(
          behaviours.map((event) => JSON.stringify({ ...event, id: '', key: '', stamp: '' })),
        );
        expect(alike.size).toBeLessThanOrEqual(1);
        expect(new Set(behaviours.map(({ key }) => key)).size).toBe(behaviours.length);
      }),
    );
  });

  it('I7 is the same for every reading, and the sequences of a key rise', () => {
    // An activity is announced, ended and cleared once each: its steps are told apart by type, not by what came before.
    const onceEach = (log: readonly RecordedForm[]): readonly RecordedForm[] =>
      log.filter(({ stream }) => !stream.includes('.activity-'));
    fc.assert(
      fc.property(logs, (log) => {
        const events = published(onceEach(log));
        expect(published(onceEach(structuredClone(log)))).toEqual(events);
        const last = new Map<string, string>();
        for (const { context, key, sequence } of events) {
          if (sequence === null) continue;
          const before = last.get(`${context} ${key}`) ?? '';
          expect(sequence > before).toBe(true);
          last.set(`${context} ${key}`, sequence);
        }
      }),
    );
  });

  it('keeps the keys of two tenants apart where their streams have the same name', () => {
    const [ours, theirs] = recordedLog([nightCounted(), { ...nightCounted(), tenant: 'other-club' }]);
    expect([ours, theirs].map((event) => integrationEventOf(event!)?.key)).toEqual([
      'car-club.1998-07-01',
      'other-club.1998-07-01',
    ]);
  });

  it('reads what the catalogue reads: every sample is of a version that it knows', () => {
    for (const { type, version, full } of samples)
      expect(readEvent({ type, schemaVersion: version, data: full }).type).toBe(type);
  });
});
