import { status, type Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  AnnounceActivity,
  BeginBehaviourImport,
  CorrectBehaviour,
  EndActivity,
  EndBehaviourImport,
  ImportBehaviourChunk,
  RecordBehaviours,
  SignUp,
} from '@lacuna/application';
import { activityV1, behaviourV1, limits, type memberV1, type RefusedCall } from '@lacuna/contracts';
import { LacunaError } from '@lacuna/domain/kernel';
import {
  ACTIVITY,
  BehaviourScript,
  behaviourModules,
  HANDLE,
  PARTICIPANT,
  PROGRESS,
} from './behaviour-doubles.js';
import { carClub, MEMBER } from './command-doubles.js';
import { outcome, startTestServer, type TestServer } from './grpc-harness.js';
import { framed, lengthPrefix, rawStatus } from './raw-call.js';

const script = new BehaviourScript();
const fresh = new BehaviourScript();
let server: TestServer;
let behaviours: behaviourV1.BehaviourServiceClient;
let activities: activityV1.ActivityServiceClient;

beforeAll(async () => {
  server = await startTestServer(
    ['lacuna.behaviour.v1', 'lacuna.activity.v1'],
    behaviourModules(script, await carClub()),
  );
  behaviours = server.client(behaviourV1.BehaviourServiceClient);
  activities = server.client(activityV1.ActivityServiceClient);
});
afterAll(() => server.stop());
beforeEach(() => {
  script.received.length = 0;
  script.refuse = null;
  script.record = fresh.record;
});

const processing: memberV1.Processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: '',
  provenance: 'subject',
};
const behaviour = (change: Partial<behaviourV1.Behaviour> = {}): behaviourV1.Behaviour => ({
  member: { $case: 'memberId', value: MEMBER },
  kind: 'purchase',
  occurred: '1998-06-30',
  details: { units: '1', amount: '11.77' },
  ...change,
});
const recordOf = (change: Partial<behaviourV1.RecordBehaviourRequest> = {}) => ({
  requestId: 'r-1',
  processing,
  behaviour: behaviour(),
  ...change,
});

type Method<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  done: (error: ServiceError | null, answer: Answer) => void,
) => unknown;

/** Calls a method by a role, through the generated client. */
const call = async <Request, Answer>(
  method: Method<Request, Answer>,
  request: Request,
  role = 'integrator',
) => {
  const metadata = await server.as({ tenant: 'car-club', role });
  return await outcome<Answer>((done) => method(request, metadata, done));
};
const refusal = async <Request, Answer>(
  method: Method<Request, Answer>,
  request: Request,
): Promise<RefusedCall> => {
  const done = await call(method, request);
  if ('answer' in done) throw new Error('the call was answered');
  return done.refused;
};

const record: Method<behaviourV1.RecordBehaviourRequest, behaviourV1.RecordBehaviourResponse> = (
  request,
  metadata,
  done,
) => behaviours.recordBehaviour(request, metadata, done);
const correct: Method<behaviourV1.CorrectBehaviourRequest, behaviourV1.CorrectBehaviourResponse> = (
  request,
  metadata,
  done,
) => behaviours.correctBehaviour(request, metadata, done);
const chunk: Method<behaviourV1.ImportChunkRequest, behaviourV1.ImportChunkResponse> = (
  request,
  metadata,
  done,
) => behaviours.importChunk(request, metadata, done);
const begin: Method<behaviourV1.BeginImportRequest, behaviourV1.BeginImportResponse> = (
  request,
  metadata,
  done,
) => behaviours.beginImport(request, metadata, done);
const end: Method<behaviourV1.EndImportRequest, behaviourV1.EndImportResponse> = (request, metadata, done) =>
  behaviours.endImport(request, metadata, done);
const listImports: Method<behaviourV1.ListOpenImportsRequest, behaviourV1.ListOpenImportsResponse> = (
  request,
  metadata,
  done,
) => behaviours.listOpenImports(request, metadata, done);
const announce: Method<activityV1.AnnounceActivityRequest, activityV1.AnnounceActivityResponse> = (
  request,
  metadata,
  done,
) => activities.announceActivity(request, metadata, done);
const signUp: Method<activityV1.SignUpRequest, activityV1.SignUpResponse> = (request, metadata, done) =>
  activities.signUp(request, metadata, done);
const endActivity: Method<activityV1.EndActivityRequest, activityV1.EndActivityResponse> = (
  request,
  metadata,
  done,
) => activities.endActivity(request, metadata, done);

describe('RecordBehaviour', () => {
  it('hands on one record under its own request id, with the caller of the token', async () => {
    expect(await call(record, recordOf())).toEqual({
      answer: { behaviourId: HANDLE, day: '1998-06-30', countedOnly: false },
    });
    const [command] = script.of(RecordBehaviours);
    expect(command?.frame).toMatchObject({
      caller: { tenant: 'car-club', actorId: 'demo-integrator', role: 'integrator', client: 'demo' },
      processing: { ...processing, noticeVersion: null },
    });
    expect(command?.records).toEqual([
      {
        recordId: 'r-1',
        member: { memberId: MEMBER },
        kind: 'purchase',
        occurred: '1998-06-30',
        details: { units: '1', amount: '11.77' },
      },
    ]);
  });

  it('R041 says that a late record was counted only, and gives no handle', async () => {
    script.record = () => ({ kind: 'counted-only', day: '1997-12-31' });
    expect(await call(record, recordOf())).toEqual({
      answer: { behaviourId: '', day: '1997-12-31', countedOnly: true },
    });
  });

  it('takes a customer number, and nobody for a member’s own', async () => {
    await call(
      record,
      recordOf({ behaviour: behaviour({ member: { $case: 'customerNumber', value: 'C-1' } }) }),
    );
    await call(record, recordOf({ behaviour: behaviour({ member: undefined }) }));
    expect(script.of(RecordBehaviours).map(({ records }) => records[0]?.member)).toEqual([
      { customerNumber: 'C-1' },
      {},
    ]);
  });

  it('names the place of what is wrong in the message, and never a value', async () => {
    const bad = behaviour({ kind: '1', occurred: '', member: { $case: 'memberId', value: '' } });
    expect(
      (await refusal(record, recordOf({ requestId: '', processing: undefined, behaviour: bad }))).violations,
    ).toEqual([
      { field: 'behaviour.member.value', rule: 'length' },
      { field: 'behaviour.kind', rule: 'required' },
      { field: 'behaviour.occurred', rule: 'required' },
      { field: 'request_id', rule: 'request-id' },
      { field: 'processing', rule: 'required' },
    ]);
    expect((await refusal(record, recordOf({ behaviour: undefined }))).violations).toEqual([
      { field: 'behaviour', rule: 'required' },
    ]);
    expect(script.received).toEqual([]);
  });

  it('gives what the domain and the pack refuse its place in the message', async () => {
    const violations = [
      { field: 'amount', rule: 'amount' },
      { field: 'details', rule: 'unlisted' },
      { field: 'channel', rule: 'CHANNEL_UNKNOWN R003 000§2.2' },
      { field: 'memberId', rule: 'required' },
    ];
    script.record = () => ({
      kind: 'refused',
      error: new LacunaError('FIELD_INVALID', 'refused', violations),
    });
    const answer = await refusal(record, recordOf());
    expect(answer).toMatchObject({ grpcCode: status.INVALID_ARGUMENT, reason: 'FIELD_INVALID' });
    expect(answer.violations.map(({ field }) => field)).toEqual([
      'behaviour.details.amount',
      'behaviour.details',
      'processing.channel',
      'behaviour.member_id',
    ]);
    const denied = [{ field: 'purchase', rule: 'NOT_ALLOWED R054 000§5.1' }];
    script.record = () => ({ kind: 'refused', error: new LacunaError('POLICY_DENIED', 'denied', denied) });
    expect((await refusal(record, recordOf())).violations).toEqual([
      { ...denied[0], field: 'behaviour.kind' },
    ]);
  });

  it.each([
    ['OCCURRED_IN_FUTURE', status.INVALID_ARGUMENT],
    ['OCCURRED_INVALID', status.INVALID_ARGUMENT],
    ['KIND_UNKNOWN', status.INVALID_ARGUMENT],
    ['MEMBER_NOT_FOUND', status.NOT_FOUND],
    ['SUBJECT_ERASED', status.FAILED_PRECONDITION],
    ['REQUEST_ID_REUSED', status.ALREADY_EXISTS],
    ['NIGHT_CLOSED', status.UNAVAILABLE],
    ['SUBJECT_UNPREPARED', status.UNAVAILABLE],
    ['POLICY_DENIED', status.PERMISSION_DENIED],
  ])('%s is its own answer', async (code, grpcCode) => {
    script.record = () => ({ kind: 'refused', error: new LacunaError(code) });
    expect(await refusal(record, recordOf())).toMatchObject({ grpcCode, reason: code });
  });

  it('R041 an unexpected error shows an id alone, and its line in the log names no stream and nobody', async () => {
    const lines: string[] = [];
    const line = (...said: readonly unknown[]) => lines.push(said.join(' '));
    server.app.useLogger({ error: line, log: line, warn: line });
    const stream = `behaviour-${'0123456789abcdef'.repeat(2)}`;
    script.refuse = new TypeError(`${stream} of ${MEMBER}`);
    const answer = await refusal(record, recordOf());
    server.app.useLogger(['error']);
    expect(answer).toMatchObject({
      grpcCode: status.INTERNAL,
      message: `internal error ${answer.errorId ?? ''}`,
    });
    expect(lines.join('\n')).toContain(answer.errorId);
    for (const secret of [stream, MEMBER]) expect(lines.join('\n')).not.toContain(secret);
  });
});

describe('CorrectBehaviour', () => {
  const request = (change: Partial<behaviourV1.CorrectBehaviourRequest> = {}) => ({
    requestId: 'r-2',
    processing,
    memberId: MEMBER,
    behaviourId: HANDLE,
    details: { units: '2', amount: '11.77' },
    ...change,
  });

  it('hands on the handle and the right details', async () => {
    expect(await call(correct, request())).toEqual({ answer: {} });
    expect(script.of(CorrectBehaviour)[0]?.data).toEqual({
      memberId: MEMBER,
      behaviourId: HANDLE,
      details: { units: '2', amount: '11.77' },
    });
  });

  it('takes nothing for a handle but a handle', async () => {
    for (const behaviourId of ['', MEMBER, `car-club.behaviour-${'0'.repeat(32)}`, HANDLE.toUpperCase()])
      expect((await refusal(correct, request({ behaviourId }))).violations).toEqual([
        { field: 'behaviour_id', rule: 'behaviour-id' },
      ]);
  });

  it('R041 a closed day is another answer than none', async () => {
    for (const [code, grpcCode] of [
      ['BEHAVIOUR_ANONYMISED', status.FAILED_PRECONDITION],
      ['BEHAVIOUR_NOT_FOUND', status.NOT_FOUND],
    ] as const) {
      script.refuse = new LacunaError(code);
      expect(await refusal(correct, request())).toMatchObject({ grpcCode, reason: code });
    }
  });

  it('names an item of the details in its place', async () => {
    script.refuse = new LacunaError('FIELD_INVALID', 'no', [{ field: 'units', rule: 'units' }]);
    expect((await refusal(correct, request())).violations).toEqual([
      { field: 'details.units', rule: 'units' },
    ]);
  });
});

describe('the import of a file', () => {
  const file = {
    kind: 'purchase',
    length: '4182736',
    sha256: 'a'.repeat(64),
    rows: '69659',
    rejectsAfter: '7000',
  };
  const row = (n: number, text = 'x'): behaviourV1.ImportedRow => ({
    row: String(n),
    line: String(n + 2),
    behaviour: behaviour({ details: { units: '1', amount: '1.00', place: text } }),
  });
  const chunkOf = (change: Partial<behaviourV1.ImportChunkRequest> = {}): behaviourV1.ImportChunkRequest => ({
    importId: PROGRESS.importId,
    processing,
    chunk: '3',
    rows: [row(7)],
    rejects: [{ line: '9', field: 'occurred', rule: 'date' }],
    ...change,
  });
  const progress = {
    importId: PROGRESS.importId,
    seed: PROGRESS.seed,
    nextChunk: '3',
    chunkRows: 500,
    live: '1000',
    countedOnly: '499',
    rejected: '1',
    rejects: [{ line: '17', field: 'amount', rule: 'amount' }],
  };

  it('begins or is taken up where it stands', async () => {
    expect(await call(begin, file)).toEqual({ answer: { progress } });
    expect(script.of(BeginBehaviourImport)[0]?.rejectsAfter).toBe(7_000);
    expect(script.of(BeginBehaviourImport)[0]?.file).toEqual({
      kind: 'purchase',
      length: 4_182_736,
      sha256: 'a'.repeat(64),
      rows: 69_659,
    });
    expect(
      (await refusal(begin, { kind: '', length: '-1', sha256: 'A', rows: '-2', rejectsAfter: '-3' }))
        .violations,
    ).toEqual([
      { field: 'rejects_after', rule: 'whole-number' },
      { field: 'kind', rule: 'required' },
      { field: 'length', rule: 'whole-number' },
      { field: 'sha256', rule: 'sha256' },
      { field: 'rows', rule: 'whole-number' },
    ]);
  });

  it('hands on a chunk, each row under its number', async () => {
    expect(await call(chunk, chunkOf())).toEqual({ answer: { progress: { ...progress, nextChunk: '4' } } });
    expect(script.of(ImportBehaviourChunk)[0]?.chunk).toEqual({
      importId: PROGRESS.importId,
      chunk: 3,
      rows: [
        {
          recordId: '7',
          line: 9,
          member: { memberId: MEMBER },
          kind: 'purchase',
          occurred: '1998-06-30',
          details: { units: '1', amount: '1.00', place: 'x' },
        },
      ],
      rejects: [{ line: 9, field: 'occurred', rule: 'date' }],
    });
  });

  it('a row that is no record is the application’s to reject, not the end of its chunk', async () => {
    const odd = { ...row(8), behaviour: behaviour({ kind: '', occurred: '', details: {} }) };
    expect(await call(chunk, chunkOf({ rows: [odd] }))).toHaveProperty('answer');
    expect(script.of(ImportBehaviourChunk)[0]?.chunk.rows[0]).toMatchObject({ kind: '', occurred: '' });
  });

  it('F04 500 rows of the longest texts are within the limit of a message', async () => {
    const rows = Array.from({ length: limits.maxRecordsInBatch }, (_, n) => row(n, '王'.repeat(500)));
    const request = chunkOf({ rows });
    expect(behaviourV1.ImportChunkRequest.encode(request).finish().length).toBeLessThan(
      limits.maxMessageBytes / 2,
    );
    expect(await call(chunk, request)).toHaveProperty('answer');
  });

  it('F04 more rows than a batch are refused, and so are words that could be values', async () => {
    const rows = Array.from({ length: limits.maxRecordsInBatch + 1 }, (_, n) => row(n));
    expect((await refusal(chunk, chunkOf({ rows }))).violations).toEqual([
      { field: 'rows', rule: 'too-many' },
    ]);
    const rejects = [{ line: '9', field: 'mobile', rule: '13800138000' }];
    const refused = await refusal(chunk, chunkOf({ rejects }));
    expect(refused.violations).toEqual([{ field: 'rejects.0.rule', rule: 'word' }]);
    expect(JSON.stringify(refused)).not.toContain('13800138000');
  });

  it('F04 a chunk above the limit is refused by its prefix', async () => {
    const token = String(
      (await server.as({ tenant: 'car-club', role: 'integrator' })).get('authorization')[0],
    );
    const path = behaviourV1.BehaviourServiceService.importChunk.path;
    const body = lengthPrefix(limits.maxMessageBytes + 1);
    expect(await rawStatus({ url: server.url, path, headers: { authorization: token }, body })).toBe(
      status.RESOURCE_EXHAUSTED,
    );
  });

  it.each([
    ['IMPORT_UNKNOWN', status.NOT_FOUND],
    ['IMPORT_CHUNK_INVALID', status.FAILED_PRECONDITION],
  ])('%s is its own answer', async (code, grpcCode) => {
    script.refuse = new LacunaError(code);
    expect(await refusal(chunk, chunkOf())).toMatchObject({ grpcCode, reason: code });
  });

  it('ends, complete or abandoned, and lists what is open', async () => {
    expect(await call(end, { importId: PROGRESS.importId, complete: true })).toEqual({ answer: {} });
    expect(script.of(EndBehaviourImport)[0]?.data).toEqual({ importId: PROGRESS.importId, complete: true });
    expect(await call(listImports, {})).toEqual({
      answer: {
        imports: [
          {
            importId: PROGRESS.importId,
            kind: 'purchase',
            rows: '69659',
            rowsIn: '1500',
            begunAt: '1998-07-01',
          },
        ],
      },
    });
  });
});

describe('activities', () => {
  const frame = { requestId: 'r-3', processing: { ...processing, purposes: ['activity'] } };

  it('announces with the planned end in UTC', async () => {
    const request = { ...frame, title: '春季自驾', plannedEnd: '1998-07-05T18:00+08:00' };
    expect(await call(announce, request, 'activity-dept')).toEqual({
      answer: { activityId: ACTIVITY, position: '9007199254740993' },
    });
    expect(script.of(AnnounceActivity)[0]?.data).toEqual({
      title: '春季自驾',
      plannedEnd: '1998-07-05T10:00:00.000Z',
    });
    const bad = { ...frame, title: '', plannedEnd: '1998-02-30T00:00Z' };
    expect((await refusal(announce, bad)).violations).toEqual([
      { field: 'title', rule: 'length' },
      { field: 'planned_end', rule: 'instant' },
    ]);
  });

  it('signs up a member, by any name, and answers with the participant alone', async () => {
    const request = {
      ...frame,
      activityId: ACTIVITY,
      member: { $case: 'customerNumber', value: 'C-1' } as const,
      details: { companions: '2' },
    };
    expect(await call(signUp, request)).toEqual({ answer: { participantId: PARTICIPANT } });
    expect(script.of(SignUp)[0]?.data).toEqual({
      activityId: ACTIVITY,
      member: { customerNumber: 'C-1' },
      details: { companions: '2' },
    });
    script.refuse = new LacunaError('FIELD_INVALID', 'no', [{ field: 'companions', rule: 'units' }]);
    expect((await refusal(signUp, request)).violations).toEqual([
      { field: 'details.companions', rule: 'units' },
    ]);
  });

  it.each([
    ['ALREADY_SIGNED_UP', status.ALREADY_EXISTS],
    ['ACTIVITY_ENDED', status.FAILED_PRECONDITION],
    ['ACTIVITY_NOT_FOUND', status.NOT_FOUND],
    ['ACTIVITY_NOT_OWN', status.PERMISSION_DENIED],
    ['ACTIVITY_END_IN_PAST', status.INVALID_ARGUMENT],
    ['SCOPE_CLOSED', status.FAILED_PRECONDITION],
  ])('%s is its own answer', async (code, grpcCode) => {
    script.refuse = new LacunaError(code);
    expect(await refusal(endActivity, { ...frame, activityId: ACTIVITY })).toMatchObject({
      grpcCode,
      reason: code,
    });
  });

  it('ends one', async () => {
    expect(await call(endActivity, { ...frame, activityId: ACTIVITY }, 'activity-dept')).toEqual({
      answer: { endedAt: '1998-07-02T01:00:00.000Z', position: '9007199254740993' },
    });
    expect(script.of(EndActivity)[0]?.data).toEqual({ activityId: ACTIVITY });
  });
});

it('a deadline that has passed starts nothing', async () => {
  const token = String((await server.as({ tenant: 'car-club', role: 'integrator' })).get('authorization')[0]);
  const path = behaviourV1.BehaviourServiceService.recordBehaviour.path;
  const body = framed(behaviourV1.RecordBehaviourRequest.encode(recordOf()).finish());
  const headers = { authorization: token, 'grpc-timeout': '1n' };
  expect(await rawStatus({ url: server.url, path, headers, body, end: true })).toBe(status.DEADLINE_EXCEEDED);
  expect(script.received).toEqual([]);
});
