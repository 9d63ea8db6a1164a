import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { activityV1, adminV1, memberV1, queryV1 } from '@lacuna/contracts';
import { startReadStack, type ReadStack } from './read-stack.js';
import { as, processing, ReadWorld, type Method, type Who } from './read-world.js';

let stack: ReadStack;
let world: ReadWorld;
let activities: activityV1.ActivityServiceClient;

beforeAll(async () => {
  // Its months are the pack's: here they are days.
  stack = await startReadStack(null, { 'categories.activity.keep': 'P5D' });
  world = new ReadWorld(stack);
  activities = stack.server.client(activityV1.ActivityServiceClient);
}, 60_000);
afterAll(() => stack.stop());

const dept = as('activity-dept');
// Somebody else of the same department: a token of another actor.
const colleague = as('activity-dept', randomUUID());
const integrator = as('integrator');
const organising = { ...processing, purposes: ['activity'] };

const announcing: Method<activityV1.AnnounceActivityRequest, activityV1.AnnounceActivityResponse> = (
  request,
  metadata,
  done,
) => activities.announceActivity(request, metadata, done);
const signing: Method<activityV1.SignUpRequest, activityV1.SignUpResponse> = (request, metadata, done) =>
  activities.signUp(request, metadata, done);
const ending: Method<activityV1.EndActivityRequest, activityV1.EndActivityResponse> = (
  request,
  metadata,
  done,
) => activities.endActivity(request, metadata, done);
const listing: Method<queryV1.ListActivitiesRequest, queryV1.ListActivitiesResponse> = (
  request,
  metadata,
  done,
) => world.queries.listActivities(request, metadata, done);
const rostering: Method<queryV1.GetRosterRequest, queryV1.GetRosterResponse> = (request, metadata, done) =>
  world.queries.getRoster(request, metadata, done);

const frame = () => ({ requestId: randomUUID(), processing: organising });
const announce = async (title: string, plannedEnd = '1998-07-20T18:00+08:00'): Promise<string> =>
  (await world.call(dept, announcing, { ...frame(), title, plannedEnd })).activityId;
const signUpOf = (activityId: string, memberId: string, details: Record<string, string> = {}) => ({
  ...frame(),
  activityId,
  member: { $case: 'memberId', value: memberId } as const,
  details,
});
const signUp = (activityId: string, memberId: string, details?: Record<string, string>) =>
  world.call(integrator, signing, signUpOf(activityId, memberId, details));
const roster = async (activityId: string, who: Who = dept, purpose = 'activity') => {
  await world.settled();
  return await world.call(who, rostering, { activityId, purpose });
};
const refusedRoster = async (who: Who, activityId: string, purpose = 'activity') => {
  await world.settled();
  return await world.refused(who, rostering, { activityId, purpose });
};
const one = async (activityId: string, who = dept) => {
  await world.settled();
  const { activities: all } = await world.call(who, listing, {});
  return all.find((activity) => activity.activityId === activityId);
};

const advance = async (by: string): Promise<void> => {
  const admin = stack.server.client(adminV1.AdminServiceClient);
  const stream = admin.advanceClock({ by }, await stack.server.as(as('operator')));
  await stream.forEach(() => undefined);
  await world.settled();
};

describe('activities', () => {
  it('R049 shows those who organise it who takes part, and each of these reads shows', async () => {
    const activityId = await announce('春季自驾');
    const first = await world.member({ name: '王小明' });
    const second = await world.member({ name: '李小红' });
    const { participantId } = await signUp(activityId, first, { companions: '2', note: '素食' });
    await world.call(as('member', second), signing, { ...signUpOf(activityId, ''), member: undefined });
    const { participants, gone } = await roster(activityId);
    expect(gone).toBe(0);
    expect(participants).toHaveLength(2);
    expect(participants.find((one) => one.participantId === participantId)).toEqual({
      participantId,
      name: '王小明',
      details: { companions: '2', note: '素食' },
    });
    expect(participants.map(({ name }) => name).sort()).toEqual(['李小红', '王小明'].sort());
    for (const memberId of [first, second]) {
      const { entries } = await world.trail({ memberId });
      const reads = entries.filter(({ eventType }) => eventType === 'PersonalDataRead');
      expect(reads.map(({ fields, role, rule }) => [fields, role, rule])).toEqual([
        [['sign-up'], 'activity-dept', 'R049 000§4.1'],
        [['name'], 'activity-dept', 'R049 000§4.1'],
      ]);
    }
    expect(await one(activityId)).toMatchObject({
      title: '春季自驾',
      organiser: 'demo-activity-dept',
      plannedEnd: '1998-07-20T10:00:00.000Z',
      state: 'announced',
      endedAt: '',
      participants: 2,
    });
  });

  it('refuses a second sign-up of the same member, however they are named, and answers a repeat again', async () => {
    const activityId = await announce('夜骑');
    const customerNumber = `C-${randomUUID()}`;
    const memberId = await world.member({ customerNumber });
    const request = signUpOf(activityId, memberId);
    const first = await world.call(integrator, signing, request);
    expect(await world.call(integrator, signing, request)).toEqual(first);
    const again = {
      ...signUpOf(activityId, ''),
      member: { $case: 'customerNumber', value: customerNumber } as const,
    };
    expect(await world.refused(integrator, signing, again)).toMatchObject({
      grpcCode: status.ALREADY_EXISTS,
      reason: 'ALREADY_SIGNED_UP',
    });
    expect((await roster(activityId)).participants).toHaveLength(1);
  });

  it.each([
    ['R049 a colleague who does not organise it', colleague, 'activity', 'POLICY_DENIED'],
    ['R048 customer service', as('customer-service'), 'activity', 'POLICY_DENIED'],
    ['R050 management', as('management'), 'activity', 'POLICY_DENIED'],
    ['R051 whoever names no purpose', dept, '', 'PURPOSE_REQUIRED'],
  ] as const)(
    '%s sees no roster; R051 that is recorded and about nobody',
    async (...[, who, purpose, reason]) => {
      const activityId = await announce('读书会');
      await signUp(activityId, await world.member());
      expect(await refusedRoster(who, activityId, purpose)).toMatchObject({
        grpcCode: status.PERMISSION_DENIED,
        reason,
      });
      const { entries } = await world.trail();
      const denied = entries.filter(({ eventType }) => eventType === 'PersonalDataReadDenied').at(-1);
      expect(denied).toMatchObject({ role: who.role, fields: ['sign-up'], memberId: '', outcome: 'denied' });
      expect(denied?.text).not.toContain('no link');
    },
  );

  it('R049 only its own organiser ends it; then nobody signs up any more', async () => {
    const activityId = await announce('烧烤');
    const end = { ...frame(), activityId };
    expect(await world.refused(colleague, ending, end)).toMatchObject({ grpcCode: status.PERMISSION_DENIED });
    const { endedAt } = await world.call(dept, ending, end);
    expect(await one(activityId)).toMatchObject({ state: 'ended', endedAt });
    expect(
      await world.refused(integrator, signing, signUpOf(activityId, await world.member())),
    ).toMatchObject({
      grpcCode: status.FAILED_PRECONDITION,
      reason: 'ACTIVITY_ENDED',
    });
  });

  it('an activity that is not there is unknown to whoever may read one of their own', async () => {
    expect(await refusedRoster(dept, randomUUID())).toMatchObject({
      grpcCode: status.NOT_FOUND,
      reason: 'ACTIVITY_NOT_FOUND',
    });
    expect(await refusedRoster(as('customer-service'), randomUUID())).toMatchObject({
      reason: 'POLICY_DENIED',
    });
    const stranger = { tenant: 'other-club', role: 'activity-dept' };
    expect(await refusedRoster(stranger, await announce('越野'))).toMatchObject({
      reason: 'ACTIVITY_NOT_FOUND',
    });
    const signing404 = await world.refused(integrator, signing, signUpOf(randomUUID(), await world.member()));
    expect(signing404).toMatchObject({ grpcCode: status.NOT_FOUND, reason: 'ACTIVITY_NOT_FOUND' });
  });

  it('refuses an end in the past, items of no form, and members of nobody', async () => {
    const past = { ...frame(), title: '晚会', plannedEnd: '1998-06-30T18:00+08:00' };
    expect(await world.refused(dept, announcing, past)).toMatchObject({ reason: 'ACTIVITY_END_IN_PAST' });
    const activityId = await announce('晚会');
    const memberId = await world.member();
    const bad = signUpOf(activityId, memberId, { companions: 'two' });
    expect((await world.refused(integrator, signing, bad)).violations).toEqual([
      { field: 'details.companions', rule: 'units' },
    ]);
    expect(await world.refused(integrator, signing, signUpOf(activityId, randomUUID()))).toMatchObject({
      grpcCode: status.NOT_FOUND,
    });
    for (const role of ['management', 'customer-service', 'integrator'])
      expect(await world.refused(as(role), announcing, { ...past, ...frame() })).toMatchObject({
        reason: 'POLICY_DENIED',
      });
  });

  it('only those whom the pack names list activities, members among them; a refusal shows', async () => {
    await world.call(as('member', await world.member()), listing, {});
    expect(await world.refused(as('management'), listing, {})).toMatchObject({ reason: 'POLICY_DENIED' });
    const { entries } = await world.trail();
    expect(entries.map(({ text }) => text)).toContain(
      'Management (demo-management) was refused to see the activities: no rule allows it.',
    );
  });

  it('R077 whoever leaves is counted as gone, and nothing more is shown of them', async () => {
    const activityId = await announce('露营');
    const [stays, leaves] = [await world.member({ name: '留下来' }), await world.member({ name: '已离开' })];
    await signUp(activityId, stays);
    await signUp(activityId, leaves);
    await world.call(
      integrator,
      (request: memberV1.RequestErasureRequest, metadata, done) =>
        world.members.requestErasure(request, metadata, done),
      { requestId: randomUUID(), processing, memberId: leaves, reason: 'exit', categories: [] },
    );
    const restricted = await roster(activityId);
    expect([restricted.participants.map(({ name }) => name), restricted.gone]).toEqual([['留下来'], 1]);
    await stack.reactor.settle();
    const erased = await roster(activityId);
    expect([erased.participants.map(({ name }) => name), erased.gone]).toEqual([['留下来'], 1]);
  });

  it('R042 ends by itself at its planned end, and its roster is gone when the time of the pack has passed since', async () => {
    const activityId = await announce('夏令营', '1998-07-02T18:00+08:00');
    const memberId = await world.member();
    await signUp(activityId, memberId);
    await advance('P2D');
    expect(await one(activityId)).toMatchObject({ state: 'ended', endedAt: '1998-07-02T10:00:00.000Z' });
    expect((await roster(activityId)).participants).toHaveLength(1);
    await advance('P4D');
    expect((await roster(activityId)).participants).toHaveLength(1);
    await advance('P2D');
    expect(await one(activityId)).toMatchObject({ state: 'closed', participants: 0 });
    expect(await roster(activityId)).toEqual({ participants: [], gone: 0 });
    expect((await world.status()).overdueRetention).toEqual([]);
    const texts = (await world.trail({ language: 'zh' })).entries.map(({ text }) => text);
    expect(texts).toContain(
      `活动 ${activityId} 已于 1998-07-02 18:00:00 按计划结束，活动信息的保存期限由此起算。`,
    );
    expect(texts).toContainEqual(
      expect.stringMatching(
        new RegExp(`^活动 ${activityId} 的活动信息保存期限届满，密钥已于 1998-07-08 00:00:00 销毁。`),
      ),
    );
  }, 120_000);
});
