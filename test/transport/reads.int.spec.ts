import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { memberV1, queryV1, type RefusedCall } from '@lacuna/contracts';
import type { RecordedEvent } from '@lacuna/event-store';
import { outcome } from './grpc-harness.js';
import { startReadStack, type ReadStack } from './read-stack.js';
import { as, processing, ReadWorld, type Who } from './read-world.js';

let stack: ReadStack;
let world: ReadWorld;
let members: memberV1.MemberServiceClient;
let queries: queryV1.QueryServiceClient;

beforeAll(async () => {
  stack = await startReadStack();
  world = new ReadWorld(stack);
  members = stack.server.client(memberV1.MemberServiceClient);
  queries = stack.server.client(queryV1.QueryServiceClient);
}, 60_000);
afterAll(() => stack.stop());

const clerk = as('customer-service');

let count = 0;
const freshMobile = (): string => `138${String((count += 1)).padStart(8, '0')}`;

const register = (info: memberV1.MemberInfo, tenant?: string) => world.register(info, tenant);

const correct = async (memberId: string, changes: memberV1.MemberInfo): Promise<string> => {
  const metadata = await stack.server.as(clerk);
  const asked = await outcome<memberV1.RequestCorrectionResponse>((done) =>
    members.requestCorrection({ requestId: randomUUID(), processing, memberId, changes }, metadata, done),
  );
  if ('refused' in asked) throw new Error(JSON.stringify(asked.refused));
  const { correctionId } = asked.answer;
  const applied = await outcome<memberV1.ApplyCorrectionResponse>((done) =>
    members.applyCorrection({ requestId: randomUUID(), processing, memberId, correctionId }, metadata, done),
  );
  if ('refused' in applied) throw new Error(JSON.stringify(applied.refused));
  return applied.answer.position;
};

const requestOf = (change: Partial<queryV1.GetMemberRequest>): queryV1.GetMemberRequest => ({
  by: undefined,
  purpose: 'service',
  fields: [],
  asOf: '',
  minPosition: '',
  ...change,
});
const byId = (value: string) => ({ $case: 'memberId', value }) as const;

const ask = async (who: Who, change: Partial<queryV1.GetMemberRequest>) => {
  const metadata = await stack.server.as(who);
  return await outcome<queryV1.GetMemberResponse>((done) =>
    queries.getMember(requestOf(change), metadata, done),
  );
};
const read = async (
  who: Who,
  change: Partial<queryV1.GetMemberRequest>,
): Promise<queryV1.GetMemberResponse> => {
  const done = await ask(who, change);
  if ('refused' in done) throw new Error(JSON.stringify(done.refused));
  return done.answer;
};
const refusal = async (who: Who, change: Partial<queryV1.GetMemberRequest>): Promise<RefusedCall> => {
  const done = await ask(who, change);
  if ('answer' in done) throw new Error('the read was answered');
  return done.refused;
};
const shown = ({ fields }: queryV1.GetMemberResponse): Record<string, string> =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value]));

const trail = (change?: Partial<queryV1.ListAuditTrailRequest>) => world.trail(change);
const settled = () => world.settled();

describe('GetMember', () => {
  it('R048 R055 gives customer service name and phone by id, phone and own customer number, and each read shows', async () => {
    const mobile = freshMobile();
    const customerNumber = `C-${mobile}`;
    const { memberId, position } = await register({ name: '王小明', mobile, customerNumber });
    for (const by of [
      byId(memberId),
      { $case: 'mobile', value: mobile } as const,
      { $case: 'customerNumber', value: customerNumber } as const,
    ]) {
      const answer = await read(clerk, { by, minPosition: position });
      expect(answer.memberId).toBe(memberId);
      expect(shown(answer)).toEqual({ name: '王小明', mobile, customerNumber });
      expect(BigInt(answer.position)).toBeGreaterThanOrEqual(BigInt(position));
    }
    const reads = (await trail({ memberId })).entries.filter(
      ({ eventType }) => eventType === 'PersonalDataRead',
    );
    expect(reads).toHaveLength(3);
    expect(reads[0]).toMatchObject({
      memberId,
      actor: 'demo-customer-service',
      role: 'customer-service',
      purpose: 'service',
      rule: 'R048 000§4.1',
      policy: 'car-club@1',
      fields: ['name', 'mobile', 'customerNumber'],
      outcome: 'done',
      text: `Customer service (demo-customer-service) read name, mobile number, customer number of member ${memberId} for service.`,
    });
  });

  it('R055 opens only the fields that were asked for, and records those alone', async () => {
    const { memberId, position } = await register({ name: '王小明', mobile: freshMobile() });
    const answer = await read(clerk, { by: byId(memberId), fields: ['name'], minPosition: position });
    expect(shown(answer)).toEqual({ name: '王小明' });
    const { entries } = await trail({ memberId });
    expect(entries.at(-1)).toMatchObject({ eventType: 'PersonalDataRead', fields: ['name'] });
  });

  it('R055 records the whole of a read and of a refusal: what was done, to what, why, by which rules', async () => {
    const { memberId, position } = await register({ name: '王小明', mobile: freshMobile() });
    const before = await stack.store.head();
    await read(clerk, { by: byId(memberId), fields: ['name'], minPosition: position, asOf: position });
    await refusal(as('management'), { by: byId(memberId), fields: ['mobile'] });
    const events: RecordedEvent[] = [];
    for await (const batch of stack.store.readAll(before)) events.push(...batch.events);
    const recorded = events.map(({ type, data: { subject, ...open } }) => [
      type,
      subject !== undefined,
      open,
    ]);
    expect(recorded).toEqual([
      [
        'PersonalDataRead',
        true,
        {
          purpose: 'service',
          category: 'basic',
          fields: ['name'],
          action: 'read',
          rules: ['R048 000§4.1'],
          grants: [],
          asOf: position,
        },
      ],
      [
        'PersonalDataReadDenied',
        true,
        {
          purpose: 'service',
          fields: ['mobile'],
          action: 'read',
          reason: 'DENIED_BY_RULE',
          nearestMiss: null,
        },
      ],
    ]);
  });

  it.each([
    ['R050 management', as('management'), {}, 'POLICY_DENIED'],
    ['R051 nobody without a purpose', clerk, { purpose: '' }, 'PURPOSE_REQUIRED'],
    [
      'R051 R052 nobody for a purpose that the pack forbids',
      clerk,
      { purpose: 'marketing' },
      'POLICY_DENIED',
    ],
    ['R051 nobody for a purpose of their own', clerk, { purpose: 'curiosity' }, 'POLICY_DENIED'],
    ['R054 nobody for a field of another category', clerk, { fields: ['name', 'idNumber'] }, 'POLICY_DENIED'],
    ['R054 an integrator', as('integrator'), {}, 'POLICY_DENIED'],
    ['R054 a member who is another', as('member', randomUUID()), {}, 'POLICY_DENIED'],
  ])('%s reads raw data: denied, and that shows', async (_name, who, change, reason) => {
    const { memberId, position } = await register({ name: '王小明', mobile: freshMobile() });
    expect(await refusal(who, { by: byId(memberId), minPosition: position, ...change })).toMatchObject({
      grpcCode: status.PERMISSION_DENIED,
      reason,
    });
    const { entries } = await trail({ memberId });
    expect(entries.at(-1)).toMatchObject({
      eventType: 'PersonalDataReadDenied',
      memberId,
      role: who.role,
      outcome: 'denied',
    });
  });

  it('R181 a member reads their own data, by phone too', async () => {
    const mobile = freshMobile();
    const { memberId, position } = await register({ name: '王小明', mobile });
    const self = as('member', memberId);
    const answer = await read(self, { by: { $case: 'mobile', value: mobile }, minPosition: position });
    expect(shown(answer)).toEqual({ name: '王小明', mobile });
    const { entries } = await trail({ memberId });
    expect(entries.at(-1)).toMatchObject({ actor: 'subject', role: 'member' });
  });

  it('F11 another tenant’s member is as unknown as nobody, by every key', async () => {
    const mobile = freshMobile();
    const { memberId, position } = await register({ name: '王小明', mobile });
    const stranger = { tenant: 'other-club', role: 'customer-service' };
    const answers = await Promise.all(
      [byId(memberId), { $case: 'mobile', value: mobile } as const, byId(randomUUID()), byId('x')].map((by) =>
        refusal(stranger, { by, minPosition: position }),
      ),
    );
    for (const answer of answers)
      expect(answer).toEqual({ ...answers[0], grpcCode: status.NOT_FOUND, reason: 'MEMBER_NOT_FOUND' });
    const same = await register({ name: '李小红', mobile }, 'other-club');
    expect(
      shown(await read(stranger, { by: byId(same.memberId), minPosition: same.position })),
    ).toMatchObject({
      name: '李小红',
    });
  });

  it('R072 shows the old value as of a position or an instant, the new one now, and records the moment', async () => {
    const mobile = freshMobile();
    const { memberId, position } = await register({ name: '王小明', mobile });
    const corrected = await correct(memberId, { name: '王晓明' });
    const by = byId(memberId);
    expect(shown(await read(clerk, { by, minPosition: corrected }))).toMatchObject({ name: '王晓明' });
    const before = await read(clerk, { by, asOf: position });
    expect(shown(before)).toMatchObject({ name: '王小明' });
    expect(before.position).toBe(position);
    // The simulated clock stands still: the instant holds everything recorded at it.
    expect(shown(await read(clerk, { by, asOf: '1998-07-01T08:00+08:00' }))).toMatchObject({
      name: '王晓明',
    });
    expect(await refusal(clerk, { by, asOf: '1998-06-30T00:00:00Z' })).toMatchObject({
      reason: 'MEMBER_NOT_FOUND',
    });
    expect(await refusal(clerk, { by, asOf: '2038-01-01T00:00:00Z' })).toMatchObject({
      grpcCode: status.INVALID_ARGUMENT,
      reason: 'AS_OF_INVALID',
    });
    const asOfPositions = (await trail({ memberId })).entries.filter(({ text }) =>
      text.includes(`as of position ${position}`),
    );
    expect(asOfPositions).toHaveLength(1);
  });

  it('refuses words that are no request', async () => {
    const answer = await refusal(clerk, { by: undefined, asOf: 'yesterday', minPosition: '-1' });
    expect(answer).toMatchObject({ grpcCode: status.INVALID_ARGUMENT, reason: 'FIELD_INVALID' });
    expect(answer.violations.map(({ field }) => field).sort()).toEqual(['as_of', 'by', 'min_position']);
  });

  it('a view that is not there yet is behind, not empty', async () => {
    const { memberId } = await register({ name: '王小明', mobile: freshMobile() });
    const minPosition = String((await stack.store.head()) + 1_000_000n);
    expect(await refusal(clerk, { by: byId(memberId), minPosition })).toMatchObject({
      grpcCode: status.UNAVAILABLE,
      reason: 'VIEW_BEHIND',
    });
  }, 20_000);

  it('R077 reads stop before the answer to a request for erasure; erased is another answer than unknown', async () => {
    const mobile = freshMobile();
    const { memberId, position } = await register({ name: '王小明', mobile });
    await read(clerk, { by: byId(memberId), minPosition: position });
    const metadata = await stack.server.as(as('integrator'));
    const request = { requestId: randomUUID(), processing, memberId, reason: 'exit', categories: [] };
    const asked = await outcome<memberV1.RequestErasureResponse>((done) =>
      members.requestErasure(request, metadata, done),
    );
    expect(asked).toHaveProperty('answer.erasureId');
    expect(await refusal(clerk, { by: byId(memberId) })).toMatchObject({
      grpcCode: status.FAILED_PRECONDITION,
      reason: 'SUBJECT_RESTRICTED',
    });
    await stack.reactor.settle();
    await settled();
    expect(await refusal(clerk, { by: byId(memberId) })).toMatchObject({
      grpcCode: status.FAILED_PRECONDITION,
      reason: 'MEMBER_ERASED',
    });
    expect(await refusal(clerk, { by: byId(memberId), asOf: position })).toMatchObject({
      reason: 'MEMBER_ERASED',
    });
    expect(await refusal(clerk, { by: { $case: 'mobile', value: mobile } })).toMatchObject({
      grpcCode: status.NOT_FOUND,
      reason: 'MEMBER_NOT_FOUND',
    });
    // The record of reads is kept by law (its own key): who read the erased member's data still shows.
    const { entries } = await trail({ memberId });
    expect(entries.map(({ eventType }) => eventType)).toEqual(
      expect.arrayContaining(['MemberRegistered', 'PersonalDataRead', 'MemberErased']),
    );
    expect(entries.filter((one) => one.eventType === 'PersonalDataRead')).toEqual([
      expect.objectContaining({ memberId, role: 'customer-service', purpose: 'service' }),
    ]);
  });
});

describe('ListAuditTrail', () => {
  it('R099 is for the role that the pack names; a refusal shows to that role', async () => {
    for (const role of ['management', 'customer-service', 'integrator', 'operator', 'member']) {
      const metadata = await stack.server.as(as(role));
      const request = { memberId: '', from: '', to: '', pageSize: 0, pageToken: '', language: '' };
      const done = await outcome((answered) => queries.listAuditTrail(request, metadata, answered));
      expect([role, done]).toEqual([
        role,
        {
          refused: expect.objectContaining({
            grpcCode: status.PERMISSION_DENIED,
            reason: 'POLICY_DENIED',
          }) as unknown,
        },
      ]);
    }
    const texts = (await trail()).entries.map(({ text }) => text);
    expect(texts).toContain(
      'Management (demo-management) was refused to read the audit trail: no rule allows it.',
    );
  });

  it('R013 pages through everything once, in order, in both languages, and holds no value', async () => {
    const mobile = freshMobile();
    const { memberId } = await register({ name: '欧阳留痕', mobile });
    await settled();
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await trail({ pageSize: 7, pageToken, to: '1998-07-01T00:00:00Z', language: 'zh' });
      seen.push(...page.entries.map(({ position }) => position));
      expect(JSON.stringify(page)).not.toContain('欧阳留痕');
      expect(JSON.stringify(page)).not.toContain(mobile);
      pageToken = page.nextPageToken;
    } while (pageToken !== '' && seen.length < 2_000);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => Number(BigInt(a) - BigInt(b))));
    const { entries } = await trail({ memberId, language: 'zh' });
    expect(entries[0]).toMatchObject({
      eventType: 'MemberRegistered',
      rule: 'R003 000§2.2',
      text: `接入系统（demo-integrator）经“官方登记”登记了会员 ${memberId}：姓名、手机号。`,
    });
  });

  it('a page token of another filter is refused', async () => {
    const { nextPageToken } = await trail({ pageSize: 1 });
    await expect(
      trail({ pageSize: 1, pageToken: nextPageToken, from: '1998-01-01T00:00:00Z' }),
    ).rejects.toThrow('PAGE_TOKEN_INVALID');
  });

  it('that it was read is in it', async () => {
    const before = (await trail()).entries.length;
    const after = (await trail()).entries;
    expect(after.length).toBe(before + 1);
    expect(after.at(-1)).toMatchObject({
      eventType: 'AuditTrailRead',
      role: 'compliance-officer',
      rule: 'R099 000§7.2',
      text: 'Compliance officer (demo-compliance-officer) read the audit trail.',
    });
  });
});

describe('the server', () => {
  it('says what it is and what it takes, to every role', async () => {
    const metadata = await stack.server.as(as('management'));
    const done = await outcome<queryV1.GetServerInfoResponse>((answered) =>
      queries.getServerInfo({}, metadata, answered),
    );
    expect(done).toEqual({
      answer: {
        version: '0.0.0-test',
        pack: 'car-club@1',
        maxMessageBytes: 4_194_304,
        maxEventsPerAppend: 10_000,
        maxEventBytes: 65_536,
        maxPageSize: 1_000,
        clockKind: 'simulated',
        clockNow: '1998-07-01T00:00:00.000Z',
      },
    });
  });

  it('its status counts keys, views and deadlines', async () => {
    await settled();
    const metadata = await stack.server.as(as('operator'));
    const done = await outcome<queryV1.GetStatusResponse>((answered) =>
      queries.getStatus({}, metadata, answered),
    );
    expect(done).toMatchObject({
      answer: {
        views: ['activities', 'audit-trail', 'behaviour', 'deadlines', 'member-directory', 'statistics'].map(
          (name) => ({ name, state: 'live' }),
        ),
        clockKind: 'simulated',
        warnings: ['a warning'],
      },
    });
    const keys = 'answer' in done ? done.answer.keys : [];
    expect(keys.map(({ keyClass }) => keyClass)).toEqual(['scope', 'subject', 'lookup']);
    expect(Number(keys[1]?.living)).toBeGreaterThan(0);
    expect(Number(keys[1]?.destroyed)).toBeGreaterThan(0);
  });

  it('over HTTP: live, ready or not, and no demo issuer where there is none', async () => {
    const get = async (path: string) => (await fetch(`${stack.server.http}/${path}`)).status;
    expect([await get('health/live'), await get('health/ready')]).toEqual([200, 200]);
    stack.health.register('broken', () => Promise.resolve({ state: 'not-serving' as const }));
    expect([await get('health/live'), await get('health/ready')]).toEqual([200, 503]);
    expect(await get('.well-known/jwks.json')).toBe(404);
    const asked = await fetch(`${stack.server.http}/demo/token`, { method: 'POST' });
    expect(asked.status).toBe(400);
  });
});
