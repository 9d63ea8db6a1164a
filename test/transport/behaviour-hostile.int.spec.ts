import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { EndBehaviourImport, ImportBehaviourChunk, RecordBehaviours, SignUp } from '@lacuna/application';
import { activityV1, behaviourV1, memberV1 } from '@lacuna/contracts';
import { ACTIVITY, BehaviourScript, behaviourModules, PROGRESS } from './behaviour-doubles.js';
import { carClub, MEMBER } from './command-doubles.js';
import { outcome, startTestServer, type TestServer } from './grpc-harness.js';

const script = new BehaviourScript();
let server: TestServer;
let behaviours: behaviourV1.BehaviourServiceClient;
let activities: activityV1.ActivityServiceClient;
let members: memberV1.MemberServiceClient;

beforeAll(async () => {
  server = await startTestServer(
    ['lacuna.behaviour.v1', 'lacuna.activity.v1', 'lacuna.member.v1'],
    behaviourModules(script, await carClub()),
  );
  behaviours = server.client(behaviourV1.BehaviourServiceClient);
  activities = server.client(activityV1.ActivityServiceClient);
  members = server.client(memberV1.MemberServiceClient);
});
afterAll(() => server.stop());
beforeEach(() => {
  script.received.length = 0;
});

type Done<Answer> = (error: ServiceError | null, answer: Answer) => void;

/** What a call comes to: its answer, or code and violations. */
const said = async <Answer>(call: (metadata: Metadata, done: Done<Answer>) => unknown) => {
  const metadata = await server.as({ tenant: 'car-club', role: 'integrator' });
  const done = await outcome<Answer>((callback) => call(metadata, callback));
  if ('answer' in done) return 'answered';
  const { reason, violations } = done.refused;
  return [reason, ...violations.map(({ field, rule }) => `${field}: ${rule}`)].join(', ');
};

const processing: memberV1.Processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '',
  provenance: 'subject',
};

/** As a caller in another language can send it, where names of this one mean nothing. */
const withItem = (name: string): Record<string, string> => {
  const details: Record<string, string> = { units: '1', amount: '1.00' };
  return Object.defineProperty(details, name, { value: 'x', enumerable: true });
};

const behaviour = (details: Record<string, string>): behaviourV1.Behaviour => ({
  member: { $case: 'memberId', value: MEMBER },
  kind: 'purchase',
  occurred: '1998-06-30',
  details,
});
const row = (change: Partial<behaviourV1.ImportedRow> = {}): behaviourV1.ImportedRow => ({
  row: '0',
  line: '2',
  behaviour: behaviour({}),
  ...change,
});

const record = (details: Record<string, string>) =>
  said<behaviourV1.RecordBehaviourResponse>((metadata, done) =>
    behaviours.recordBehaviour(
      { requestId: 'r-1', processing, behaviour: behaviour(details) },
      metadata,
      done,
    ),
  );
const chunk = (change: Partial<behaviourV1.ImportChunkRequest>) =>
  said<behaviourV1.ImportChunkResponse>((metadata, done) =>
    behaviours.importChunk(
      { importId: PROGRESS.importId, processing, chunk: '0', rows: [row()], rejects: [], ...change },
      metadata,
      done,
    ),
  );
const end = (importId: string) =>
  said<behaviourV1.EndImportResponse>((metadata, done) =>
    behaviours.endImport({ importId, complete: false }, metadata, done),
  );
const signUp = (details: Record<string, string>) =>
  said<activityV1.SignUpResponse>((metadata, done) =>
    activities.signUp(
      { requestId: 'r-1', processing, activityId: ACTIVITY, member: undefined, details },
      metadata,
      done,
    ),
  );

describe('what no caller of ours would send', () => {
  it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype', 'then'])(
    'R005 an item called %s is handed on as any other, for the domain to refuse',
    async (name) => {
      const details = withItem(name);
      expect([await record(details), await signUp(details)]).toEqual(['answered', 'answered']);
      expect(await chunk({ rows: [row({ behaviour: behaviour(details) })] })).toBe('answered');
      const handed = [
        script.of(RecordBehaviours)[0]?.records[0]?.details,
        script.of(SignUp)[0]?.data.details,
        script.of(ImportBehaviourChunk)[0]?.chunk.rows[0]?.details,
      ];
      expect(handed.map((one) => Object.entries(one ?? {}))).toEqual(
        handed.map(() => Object.entries(details)),
      );
    },
  );

  it('R005 an item called __proto__, which an object cannot hold, is refused and not left out', async () => {
    const details = withItem('__proto__');
    expect(await record(details)).toBe('REQUEST_MALFORMED');
    expect(await signUp(details)).toBe('REQUEST_MALFORMED');
    expect(await chunk({ rows: [row({ behaviour: behaviour(details) })] })).toBe('REQUEST_MALFORMED');
    expect(script.received).toEqual([]);
  });

  it.each(['', 'nothing', 'constructor', '../..', 'A'.repeat(64), PROGRESS.importId.toUpperCase()])(
    'an import called %j is none, whatever is asked of it',
    async (importId) => {
      expect(await end(importId)).toBe('FIELD_INVALID, import_id: import-id');
      expect(await chunk({ importId })).toBe('FIELD_INVALID, import_id: import-id');
      expect([...script.of(EndBehaviourImport), ...script.of(ImportBehaviourChunk)]).toEqual([]);
    },
  );

  it('F04 a place in a file that no file has is refused, before anything of its chunk is written', async () => {
    const huge = '999999999999999';
    expect(await chunk({ rows: [row(), row({ row: huge, line: '-1' })] })).toBe(
      'FIELD_INVALID, rows.1.row: whole-number, rows.1.line: whole-number',
    );
    expect(await chunk({ rejects: [{ line: huge, field: 'row', rule: 'quote' }] })).toBe(
      'FIELD_INVALID, rejects.0.line: whole-number',
    );
    const file = {
      kind: 'purchase',
      length: huge,
      sha256: 'a'.repeat(64),
      rows: '2147483648',
      rejectsAfter: '0',
    };
    expect(
      await said<behaviourV1.BeginImportResponse>((metadata, done) =>
        behaviours.beginImport(file, metadata, done),
      ),
    ).toBe('FIELD_INVALID, rows: whole-number');
    expect(script.received).toEqual([]);
  });

  it('rows that are none, of nobody or of far too long a name are refused by their place', async () => {
    const odd = (value: string) =>
      row({ behaviour: { ...behaviour({}), member: { $case: 'customerNumber', value } } });
    const long = row({ behaviour: behaviour({ ['k'.repeat(65)]: 'v' }) });
    const many = row({
      behaviour: behaviour(Object.fromEntries([...Array(65).keys()].map((n) => [`k${n}`, '']))),
    });
    expect(
      await chunk({ rows: [row({ behaviour: undefined }), odd(''), odd('x'.repeat(65)), long, many] }),
    ).toBe(
      [
        'FIELD_INVALID',
        'rows.0.behaviour: required',
        'rows.1.behaviour.member.value: length',
        'rows.2.behaviour.member.value: length',
        'rows.3.behaviour.details: details',
        'rows.4.behaviour.details: details',
      ].join(', '),
    );
  });

  it('a file of a kind that no stream can be named after did not come in', async () => {
    const completed = (kind: string) =>
      said<memberV1.CompleteImportResponse>((metadata, done) =>
        members.completeImport(
          { import: { kind, length: '1', sha256: '0'.repeat(64), rows: '1' } },
          metadata,
          done,
        ),
      );
    for (const kind of ['a'.repeat(64), '-', ''])
      expect(await completed(kind)).toBe('FIELD_INVALID, import.kind: required');
  });
});
