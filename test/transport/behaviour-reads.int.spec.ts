import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { behaviourV1, memberV1, queryV1, readRpcStatus } from '@lacuna/contracts';
import type { RecordedEvent } from '@lacuna/event-store';
import { startReadStack, type ReadStack } from './read-stack.js';
import { as, processing, ReadWorld, type Method, type Who } from './read-world.js';

let stack: ReadStack;
let world: ReadWorld;
let behaviours: behaviourV1.BehaviourServiceClient;
/** Every answer that a caller got about behaviour. */
const answered: unknown[] = [];

beforeAll(async () => {
  stack = await startReadStack();
  world = new ReadWorld(stack);
  behaviours = stack.server.client(behaviourV1.BehaviourServiceClient);
}, 60_000);
afterAll(() => stack.stop());

const integrator = as('integrator');
const clerk = as('customer-service');
const improving = { ...processing, purposes: ['improvement'] };

const recording: Method<behaviourV1.RecordBehaviourRequest, behaviourV1.RecordBehaviourResponse> = (
  request,
  metadata,
  done,
) => behaviours.recordBehaviour(request, metadata, done);
const correcting: Method<behaviourV1.CorrectBehaviourRequest, behaviourV1.CorrectBehaviourResponse> = (
  request,
  metadata,
  done,
) => behaviours.correctBehaviour(request, metadata, done);
const listing: Method<queryV1.ListBehaviourRequest, queryV1.ListBehaviourResponse> = (
  request,
  metadata,
  done,
) => world.queries.listBehaviour(request, metadata, done);

type Change = Partial<behaviourV1.Behaviour> & Readonly<{ requestId?: string }>;

const requestOf = (memberId: string, { requestId, ...change }: Change) => ({
  requestId: requestId ?? randomUUID(),
  processing: improving,
  behaviour: {
    member: { $case: 'memberId', value: memberId } as const,
    kind: 'purchase',
    occurred: '1998-06-30',
    details: { units: '1', amount: '11.77' },
    ...change,
  },
});
const record = async (memberId: string, change: Change = {}, who = integrator) => {
  const answer = await world.call(who, recording, requestOf(memberId, change));
  answered.push(answer);
  return answer;
};
const nobodys = { $case: 'customerNumber', value: 'none' } as const;
const details = (change: Readonly<Record<string, string>>) => ({
  details: { units: '1', amount: '11.77', ...change },
});
const need = { kind: 'service-need', details: { text: '想换轮胎' } };

const listRequest = (memberId: string, change: Partial<queryV1.ListBehaviourRequest> = {}) => ({
  by: { $case: 'memberId', value: memberId } as const,
  purpose: 'service',
  kinds: [],
  fromDay: '',
  toDay: '',
  ...change,
});
const list = async (who: Who, memberId: string, change: Partial<queryV1.ListBehaviourRequest> = {}) => {
  await world.settled();
  const answer = await world.call(who, listing, listRequest(memberId, change));
  answered.push(answer);
  return answer;
};
const refusedList = (who: Who, memberId: string, change: Partial<queryV1.ListBehaviourRequest> = {}) =>
  world.refused(who, listing, listRequest(memberId, change));
const kindsOf = ({ entries }: queryV1.ListBehaviourResponse) => entries.map(({ kind }) => kind);

describe('ListBehaviour', () => {
  it('R048 shows customer service the service needs alone, and the read shows in the trail', async () => {
    const memberId = await world.member();
    const { behaviourId } = await record(memberId, { ...need, occurred: '1998-06-30T10:00+08:00' });
    await record(memberId);
    const answer = await list(clerk, memberId);
    expect(answer).toEqual({
      memberId,
      entries: [
        {
          behaviourId,
          day: '1998-06-30',
          kind: 'service-need',
          occurred: '1998-06-30T02:00:00.000Z',
          details: { text: '想换轮胎' },
          corrected: false,
        },
      ],
      liveFrom: '1998-01-02',
    });
    const { entries } = await world.trail({ memberId });
    expect(entries.at(-1)).toMatchObject({
      eventType: 'PersonalDataRead',
      memberId,
      role: 'customer-service',
      purpose: 'service',
      rule: 'R048 000§4.1',
      fields: ['service-need'],
      text: `Customer service (demo-customer-service) read service need of member ${memberId} for service.`,
    });
  });

  it('R181 shows a member their own behaviour, each kind for its purposes, by customer number too', async () => {
    const customerNumber = `C-${randomUUID()}`;
    const memberId = await world.member({ customerNumber });
    const self = as('member', memberId);
    await record(memberId);
    await record(memberId, need);
    await record(memberId, { kind: 'group-post', details: { text: '周末去爬山' } });
    await record(memberId, { kind: 'activity-participation', details: {} });
    const all = await list(self, memberId, { purpose: 'improvement' });
    expect(kindsOf(all)).toEqual(['purchase', 'service-need', 'group-post', 'activity-participation']);
    expect(all.entries[0]?.details).toEqual({ units: '1', amount: '11.77' });
    expect(kindsOf(await list(self, memberId, { purpose: 'risk-control' }))).toEqual(['group-post']);
    const by = { $case: 'customerNumber', value: customerNumber } as const;
    expect(kindsOf(await list(self, memberId, { by, kinds: ['purchase'] }))).toEqual(['purchase']);
  });

  it.each([
    ['R050 management', as('management'), {}, 'POLICY_DENIED'],
    ['R051 nobody without a purpose', clerk, { purpose: '' }, 'PURPOSE_REQUIRED'],
    ['R048 R052 customer service for marketing', clerk, { purpose: 'marketing' }, 'POLICY_DENIED'],
    ['R048 customer service a purchase', clerk, { kinds: ['purchase'] }, 'POLICY_DENIED'],
    [
      'R048 customer service a need and a purchase',
      clerk,
      { kinds: ['service-need', 'purchase'] },
      'POLICY_DENIED',
    ],
    ['R049 the activity department', as('activity-dept'), { purpose: 'activity' }, 'POLICY_DENIED'],
    ['R054 an integrator', integrator, {}, 'POLICY_DENIED'],
    ['R054 a compliance officer', as('compliance-officer'), {}, 'POLICY_DENIED'],
    ['R054 a member who is another', as('member', randomUUID()), {}, 'POLICY_DENIED'],
    ['R001 nobody a kind of their own', clerk, { kinds: ['mood'] }, 'POLICY_DENIED'],
  ])('%s reads: denied, and that shows', async (_name, who, change, reason) => {
    const memberId = await world.member();
    await record(memberId, need);
    expect(await refusedList(who, memberId, change)).toMatchObject({
      grpcCode: status.PERMISSION_DENIED,
      reason,
    });
    const { entries } = await world.trail({ memberId });
    expect(entries.at(-1)).toMatchObject({
      eventType: 'PersonalDataReadDenied',
      memberId,
      role: who.role,
      outcome: 'denied',
    });
    expect(entries.filter(({ eventType }) => eventType === 'PersonalDataRead')).toEqual([]);
  });

  it('a field of another category is no kind, allowed or not', async () => {
    const memberId = await world.member();
    expect(await refusedList(clerk, memberId, { kinds: ['name'] })).toMatchObject({
      grpcCode: status.INVALID_ARGUMENT,
      reason: 'KIND_UNKNOWN',
      violations: [{ field: 'kinds', rule: 'unlisted' }],
    });
  });

  it('shows every record of a day in its order, however many there are', async () => {
    const memberId = await world.member();
    for (let n = 0; n < 19; n += 1) await record(memberId, { ...need, details: { text: `need ${n}` } });
    await record(memberId, { ...need, occurred: '1998-06-29', details: { text: 'the day before' } });
    const { entries } = await list(clerk, memberId);
    expect(entries.map(({ details }) => details['text'])).toEqual([
      'the day before',
      ...Array.from({ length: 19 }, (_, n) => `need ${n}`),
    ]);
    expect(new Set(entries.map(({ behaviourId }) => behaviourId)).size).toBe(20);
  });

  it('keeps to the days that are asked for, and to those that live', async () => {
    const memberId = await world.member();
    for (const occurred of ['1998-01-02', '1998-03-04', '1998-06-30'])
      await record(memberId, { ...need, occurred });
    const late = await record(memberId, { ...need, occurred: '1998-01-01' });
    expect(late).toEqual({ behaviourId: '', day: '1998-01-01', countedOnly: true });
    const daysOf = async (change: Partial<queryV1.ListBehaviourRequest>) =>
      (await list(clerk, memberId, change)).entries.map(({ day }) => day);
    expect(await daysOf({})).toEqual(['1998-01-02', '1998-03-04', '1998-06-30']);
    expect(await daysOf({ fromDay: '1998-03-04' })).toEqual(['1998-03-04', '1998-06-30']);
    expect(await daysOf({ fromDay: '1997-01-01', toDay: '1998-03-03' })).toEqual(['1998-01-02']);
    expect(await daysOf({ fromDay: '1998-07-01', toDay: '1998-01-01' })).toEqual([]);
    const refused = await refusedList(clerk, memberId, { fromDay: '1998-02-30', toDay: 'today' });
    expect(refused.violations).toEqual([
      { field: 'from_day', rule: 'date' },
      { field: 'to_day', rule: 'date' },
    ]);
  });

  it('shows what a correction says, and that there was one', async () => {
    const memberId = await world.member();
    const { behaviourId } = await record(memberId);
    const correction = { requestId: randomUUID(), processing: improving, memberId, behaviourId };
    const right = { ...correction, details: { units: '2', amount: '20.00', place: '上海' } };
    await world.call(integrator, correcting, right);
    await world.call(integrator, correcting, right);
    const { entries } = await list(as('member', memberId), memberId);
    expect(entries).toMatchObject([
      { behaviourId, details: { units: '2', amount: '20.00', place: '上海' }, corrected: true },
    ]);
    const bad = { ...correction, requestId: randomUUID(), details: { units: 'two', amount: '1' } };
    expect((await world.refused(integrator, correcting, bad)).violations).toEqual([
      { field: 'details.units', rule: 'units' },
    ]);
    const unknown = { ...right, requestId: randomUUID(), behaviourId: `1998-06-30.${randomUUID()}` };
    expect(await world.refused(integrator, correcting, unknown)).toMatchObject({
      grpcCode: status.NOT_FOUND,
      reason: 'BEHAVIOUR_NOT_FOUND',
    });
    const closed = { ...right, requestId: randomUUID(), behaviourId: `1998-01-01.${randomUUID()}` };
    expect(await world.refused(integrator, correcting, closed)).toMatchObject({
      grpcCode: status.FAILED_PRECONDITION,
      reason: 'BEHAVIOUR_ANONYMISED',
    });
  });

  it('F11 another tenant’s member is as unknown as nobody', async () => {
    const memberId = await world.member();
    await record(memberId, need);
    const stranger = { tenant: 'other-club', role: 'customer-service' };
    for (const [who, asked] of [
      [stranger, memberId],
      [clerk, randomUUID()],
      [clerk, 'x'],
    ] as const)
      expect(await refusedList(who, asked)).toMatchObject({
        grpcCode: status.NOT_FOUND,
        reason: 'MEMBER_NOT_FOUND',
      });
  });

  it('a member who did nothing yet has nothing, and that it was looked for shows', async () => {
    const memberId = await world.member();
    expect((await list(clerk, memberId)).entries).toEqual([]);
    const { entries } = await world.trail({ memberId });
    expect(entries.at(-1)).toMatchObject({ eventType: 'PersonalDataRead', fields: ['service-need'] });
  });

  it('R077 nothing of a member who leaves is read from the answer on, and erased is its own answer', async () => {
    const memberId = await world.member();
    await record(memberId, need);
    await world.call(
      integrator,
      (request: memberV1.RequestErasureRequest, metadata, done) =>
        world.members.requestErasure(request, metadata, done),
      { requestId: randomUUID(), processing, memberId, reason: 'exit', categories: [] },
    );
    expect(await refusedList(clerk, memberId)).toMatchObject({ reason: 'SUBJECT_RESTRICTED' });
    await stack.reactor.settle();
    await world.settled();
    expect(await refusedList(clerk, memberId)).toMatchObject({
      grpcCode: status.FAILED_PRECONDITION,
      reason: 'MEMBER_ERASED',
    });
    expect(await world.refused(integrator, recording, requestOf(memberId, need))).toMatchObject({
      grpcCode: status.FAILED_PRECONDITION,
      reason: 'SUBJECT_ERASED',
    });
  });
});

describe('RecordBehaviour', () => {
  it('R041 refuses the future and times that are none', async () => {
    const memberId = await world.member();
    for (const [occurred, reason] of [
      ['1998-07-01T08:02+08:00', 'OCCURRED_IN_FUTURE'],
      ['1998-07-02', 'OCCURRED_IN_FUTURE'],
      ['1998-02-30', 'OCCURRED_INVALID'],
      ['yesterday', 'OCCURRED_INVALID'],
    ] as const)
      expect(await world.refused(integrator, recording, requestOf(memberId, { occurred }))).toMatchObject({
        grpcCode: status.INVALID_ARGUMENT,
        reason,
      });
    expect(await record(memberId, { occurred: '1998-07-01T08:00:59+08:00' })).toMatchObject({
      day: '1998-07-01',
    });
  });

  it.each([
    ['R054 management', as('management'), {}, ['POLICY_DENIED', 'behaviour.kind']],
    ['R048 customer service a purchase', clerk, {}, ['POLICY_DENIED', 'behaviour.kind']],
    ['a kind of nobody', integrator, { kind: 'mood' }, ['KIND_UNKNOWN']],
    ['a field that is no kind', integrator, { kind: 'name' }, ['KIND_UNKNOWN']],
    ['R001 what no form asks', integrator, details({ mood: 'x' }), ['FIELD_INVALID', 'behaviour.details']],
    [
      'three decimals',
      integrator,
      details({ amount: '1.005' }),
      ['FIELD_INVALID', 'behaviour.details.amount'],
    ],
    ['no amount', integrator, { details: { units: '1' } }, ['FIELD_INVALID', 'behaviour.details.amount']],
    ['nobody', integrator, { member: undefined }, ['FIELD_INVALID', 'behaviour.member_id']],
    ['a number of nobody’s', integrator, { member: nobodys }, ['MEMBER_NOT_FOUND']],
  ] as const)('%s is refused', async (_name, who, change, [reason, field]) => {
    const refused = await world.refused(who, recording, requestOf(await world.member(), change));
    expect(refused).toMatchObject({ reason });
    expect(refused.violations[0]?.field).toBe(field);
  });

  it('is safe to repeat; with another payload its request id was used before', async () => {
    const memberId = await world.member();
    const requestId = randomUUID();
    const first = await record(memberId, { requestId });
    expect(await record(memberId, { requestId })).toEqual(first);
    const other = requestOf(memberId, { requestId, details: { units: '2', amount: '11.77' } });
    expect(await world.refused(integrator, recording, other)).toMatchObject({
      grpcCode: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
    expect((await list(as('member', memberId), memberId)).entries).toHaveLength(1);
  });

  it('A06 a stream answers each record in order; the refused and the repeated among them', async () => {
    const memberId = await world.member();
    // Every 50th lies in the future, every 100th is the one before it again.
    const numberOf = (n: number): number => (n % 100 === 99 ? n - 1 : n);
    const isRefused = (n: number): boolean => n % 50 === 7;
    const dayOf = (n: number): string => `1998-06-${String(1 + (n % 28)).padStart(2, '0')}`;
    const stream = behaviours.recordBehaviours(await stack.server.as(integrator));
    const answers: behaviourV1.RecordBehavioursResponse[] = [];
    const collected = (async () => {
      for await (const answer of stream) answers.push(answer as behaviourV1.RecordBehavioursResponse);
    })();
    for (let n = 0; n < 700; n += 1) {
      const occurred = isRefused(n) ? '1999-01-01' : dayOf(numberOf(n));
      stream.write({ request: requestOf(memberId, { ...need, occurred, requestId: `s-${numberOf(n)}` }) });
    }
    stream.end();
    await collected;
    answered.push(answers);
    const told = answers.map(({ result }) =>
      result?.$case === 'recorded' ? result.value.day : result && readRpcStatus(result.value).reason,
    );
    expect(told).toEqual(
      Array.from({ length: 700 }, (_, n) => (isRefused(n) ? 'OCCURRED_IN_FUTURE' : dayOf(numberOf(n)))),
    );
    expect(answers[99]?.result).toEqual(answers[98]?.result);
    const { entries } = await list(clerk, memberId);
    expect(entries).toHaveLength(700 - 14 - 7);
  }, 60_000);
});

it('no answer, and no page of the trail, names a stream, an event or a place of behaviour', async () => {
  const recorded: RecordedEvent[] = [];
  for await (const { events, caughtUp } of stack.store.readAll(0n)) {
    recorded.push(...events.filter(({ type }) => type === 'BehaviourRecorded'));
    if (caughtUp) break;
  }
  expect(recorded.length).toBeGreaterThan(700);
  const secrets = recorded.flatMap(({ id, stream }) => [id, stream, stream.split('behaviour-')[1] ?? '']);
  const pages: unknown[] = [];
  let pageToken = '';
  do {
    const page = await world.trail({ pageToken });
    pages.push(page);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const told = JSON.stringify([answered, pages, await world.status()]);
  expect(told.length).toBeGreaterThan(100_000);
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
  expect(JSON.stringify(answered)).not.toContain('"position"');
});
