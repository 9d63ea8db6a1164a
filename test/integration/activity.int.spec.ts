import {
  AnnounceActivity,
  describeDestruction,
  EndActivity,
  RequestErasure,
  SignUp,
} from '@lacuna/application';
import type { ParticipantSignedUp } from '@lacuna/domain/activity';
import type { Sealed } from '@lacuna/domain/kernel';
import { eventsOf, frameAs, openHouse, typesOf, type House } from './house.js';
import { advance, code, local, people, settleAt } from './night-support.js';

const START = local('1998-07-01T10:00');

describe('activities', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse({ from: START });
  });
  afterEach(() => house.drop());

  const department = (requestId?: string, actorId = 'dept-1') =>
    frameAs('activity-dept', requestId, { actorId });
  const signing = (requestId?: string) => {
    const frame = frameAs('integrator', requestId);
    return { ...frame, processing: { ...frame.processing, purposes: ['activity'] } };
  };

  const announce = async (plannedEnd = local('1998-07-20T18:00')) =>
    (await house.run(new AnnounceActivity(department(), { title: '夏季自驾', plannedEnd }))).activityId;

  const signUp = (activityId: string, memberId: string, requestId?: string, details = {}) =>
    house.run(new SignUp(signing(requestId), { activityId, member: { memberId }, details }));

  const end = (activityId: string, actorId?: string) =>
    house.run(new EndActivity(department(undefined, actorId), { activityId }));

  const streamOf = (activityId: string) => `car-club.activity-${activityId}`;

  const signUps = async (activityId: string) =>
    (await eventsOf(house, streamOf(activityId))).filter(({ type }) => type === 'ParticipantSignedUp');

  const holderOf = (participantId: string) =>
    house.custody.lookup('car-club', 'participant', participantId, { includeOpen: true });

  /** What the activity's own keys make of a sign-up; null: they are gone, or were never anybody's. */
  const openedBy = async (activityId: string, memberId: string): Promise<unknown> => {
    const ref = { tenant: 'car-club', subject: memberId };
    const [keys] = await house.custody.openScopes(ref, 'activity', [activityId]);
    for (const { id, data } of await signUps(activityId)) {
      const { details } = data as ParticipantSignedUp<Sealed>['data'];
      const text = details && keys ? keys.open('details', id, details) : null;
      if (text !== null) return JSON.parse(text);
    }
    return null;
  };

  it('a retry of an announcement is the same activity, another payload is refused', async () => {
    const frame = department('announce-1');
    const data = { title: '夏季自驾', plannedEnd: local('1998-07-20T18:00') };
    const first = await house.run(new AnnounceActivity(frame, data));
    expect(await house.run(new AnnounceActivity(frame, data))).toEqual(first);
    await expect(house.run(new AnnounceActivity(frame, { ...data, title: '冬季自驾' }))).rejects.toEqual(
      code('REQUEST_ID_REUSED'),
    );
    await expect(
      house.run(new AnnounceActivity(department(), { ...data, plannedEnd: START })),
    ).rejects.toEqual(code('ACTIVITY_END_IN_PAST'));
    await expect(house.run(new AnnounceActivity(frameAs('integrator'), data))).rejects.toEqual(
      code('POLICY_DENIED'),
    );
  });

  it('a sign-up names nobody, and stands there with nothing finer than its day', async () => {
    const activityId = await announce();
    const [memberId = ''] = await people(house, 1);
    await advance(house, 'P1DT5H30M');
    const { participantId } = await signUp(activityId, memberId, 'sign-1', { companions: '2', note: '素食' });
    expect(await holderOf(participantId)).toBe(memberId);
    const [recorded] = await signUps(activityId);
    const midnight = local('1998-07-02T00:00');
    const sealed = ['sealed'];
    expect(recorded?.metadata).toEqual({
      tenant: 'car-club',
      occurredAt: midnight,
      actor: { id: 'sealed', role: 'sealed' },
      processing: {
        channel: 'sealed',
        lawfulBasis: 'sealed',
        purposes: sealed,
        noticeVersion: null,
        provenance: 'sealed',
      },
      policy: house.ports.packs.get('car-club')?.id,
    });
    expect(recorded?.recordedAt).toBe(midnight);
    const said = JSON.stringify(recorded, (_key, value: unknown) => (typeof value === 'bigint' ? '' : value));
    for (const trace of [memberId, 'integrator', 'sign-1', '素食']) expect(said).not.toContain(trace);
    expect(await openedBy(activityId, memberId)).toMatchObject({
      details: { units: 2, texts: { note: '素食' } },
      frame: {
        actor: { id: 'integrator-1' },
        at: local('1998-07-02T15:30'),
        processing: { purposes: ['activity'] },
      },
    });
  });

  it('twice by one member is refused, a retry is answered again, also after the end', async () => {
    const activityId = await announce();
    const [first = '', second = ''] = await people(house, 2);
    const answer = await signUp(activityId, first, 'sign-2', { companions: '1' });
    expect(await signUp(activityId, first, 'sign-2', { companions: '1' })).toEqual(answer);
    await expect(signUp(activityId, first, 'sign-2', { companions: '3' })).rejects.toEqual(
      code('REQUEST_ID_REUSED'),
    );
    await expect(signUp(activityId, first)).rejects.toEqual(code('ALREADY_SIGNED_UP'));
    await expect(signUp(activityId, second, undefined, { companions: 'two' })).rejects.toEqual(
      code('FIELD_INVALID'),
    );
    const { endedAt } = await end(activityId);
    expect(endedAt).toBe(START);
    expect(await signUp(activityId, first, 'sign-2', { companions: '1' })).toEqual(answer);
    await expect(signUp(activityId, second)).rejects.toEqual(code('ACTIVITY_ENDED'));
    await expect(signUp('00000000-0000-4000-8000-000000000000', first)).rejects.toEqual(
      code('ACTIVITY_NOT_FOUND'),
    );
    expect(await signUps(activityId)).toHaveLength(1);
  });

  it('two activities of one member share no word in the log', async () => {
    const [one, other] = [await announce(), await announce()];
    const [memberId = ''] = await people(house, 1);
    await signUp(one, memberId, 'same');
    await signUp(other, memberId, 'same-too');
    const [a, b] = [...(await signUps(one)), ...(await signUps(other))];
    expect(a?.data['tag']).not.toBe(b?.data['tag']);
    expect(a?.data['participantId']).not.toBe(b?.data['participantId']);
  });

  it('many at once sign up, each once', async () => {
    const activityId = await announce();
    const members = await people(house, 30);
    const twice = [...members, ...members];
    const answers = await Promise.allSettled(twice.map((memberId) => signUp(activityId, memberId)));
    const refused = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(30);
    for (const reason of refused) expect(reason).toEqual(code('ALREADY_SIGNED_UP'));
    expect(await signUps(activityId)).toHaveLength(30);
    await house.ports.confirmations.flush();
    expect(await house.custody.openClaims(local('1999-01-01T00:00'))).toEqual([]);
  });

  it('R049 is ended by the department that announced it, and by no other', async () => {
    const activityId = await announce();
    await expect(end(activityId, 'dept-2')).rejects.toEqual(code('POLICY_DENIED'));
    await expect(house.run(new EndActivity(frameAs('integrator'), { activityId }))).rejects.toEqual(
      code('POLICY_DENIED'),
    );
    await expect(end('00000000-0000-4000-8000-000000000000')).rejects.toEqual(code('ACTIVITY_NOT_FOUND'));
    const first = await end(activityId);
    expect(await end(activityId)).toEqual(first);
    expect(await typesOf(house, streamOf(activityId))).toEqual(['ActivityAnnounced', 'ActivityEnded']);
  });

  it('R049 somebody of the department who is a member too organises by their own name', async () => {
    const clerk = frameAs('activity-dept', 'clerk-1', { memberId: '00000000-0000-4000-8000-000000000001' });
    const { activityId } = await house.run(
      new AnnounceActivity(clerk, { title: 'drive', plannedEnd: local('1998-12-01T18:00') }),
    );
    const [announced] = await eventsOf(house, streamOf(activityId));
    expect(announced?.data['organiser']).toBe(clerk.caller.actorId);
    await house.run(new EndActivity({ ...clerk, requestId: 'clerk-2' }, { activityId }));
    expect(await typesOf(house, streamOf(activityId))).toEqual(['ActivityAnnounced', 'ActivityEnded']);
  });

  it('ends by itself at its planned end, also where the clock comes late', async () => {
    const plannedEnd = local('1998-07-03T18:00');
    const [onTime, late] = [await announce(plannedEnd), await announce(local('1998-07-04T09:00'))];
    const stops = await advance(house, 'P2DT9H');
    expect(stops).toContainEqual({ now: plannedEnd, stop: 'deadline', fired: 1, done: false });
    await settleAt(house, local('1998-08-01T00:00'));
    const ended = async (id: string) => (await eventsOf(house, streamOf(id))).at(-1)?.data;
    expect(await ended(onTime)).toEqual({ activityId: onTime, endedAt: plannedEnd, by: 'clock' });
    expect(await ended(late)).toMatchObject({ endedAt: local('1998-07-04T09:00'), by: 'clock' });
    await expect(end(onTime)).resolves.toMatchObject({ endedAt: plannedEnd });
  });

  it('R042 three activities of fifty: gone three months after the end, counted from the end, the open one not at all', async () => {
    const members = await people(house, 50);
    const over = await announce(local('1998-07-05T18:00'));
    const recent = await announce(local('1998-07-31T18:00'));
    const open = await announce(local('1999-07-01T18:00'));
    const ids = [over, recent, open];
    for (const id of ids) await Promise.all(members.map((memberId) => signUp(id, memberId)));
    const participants = new Map<string, readonly string[]>();
    for (const id of ids)
      participants.set(
        id,
        (await signUps(id)).map(({ data }) => String(data['participantId'])),
      );
    const [someone = ''] = members;
    const held = async (id: string) => {
      const holders = await Promise.all((participants.get(id) ?? []).map(holderOf));
      return holders.filter((holder) => holder !== null).length;
    };
    // Three months after the sign-up: nothing has ended for it.
    await settleAt(house, local('1998-10-02T00:00'));
    expect(await Promise.all(ids.map(held))).toEqual([50, 50, 50]);
    await settleAt(house, local('1998-10-05T23:59:59.999'));
    expect(await held(over)).toBe(50);
    await settleAt(house, local('1998-10-06T00:00'));
    expect(await Promise.all(ids.map(held))).toEqual([0, 50, 50]);
    expect(await typesOf(house, streamOf(over))).toContain('SignUpsDeleted');
    expect((await eventsOf(house, streamOf(over))).at(-1)?.data).toEqual({
      activityId: over,
      cite: 'R042 000§3.2',
      destroyedAt: local('1998-10-06T00:00'),
    });
    expect(await openedBy(over, someone)).toBeNull();
    expect(await openedBy(recent, someone)).not.toBeNull();
    await settleAt(house, local('1998-11-01T00:00'));
    expect(await Promise.all(ids.map(held))).toEqual([0, 0, 50]);
    expect(await openedBy(open, someone)).not.toBeNull();
    await expect(signUp(over, someone)).rejects.toEqual(code('ACTIVITY_ENDED'));
  });

  it('R042 one to which nobody came is written down as gone, too; a pack of one month moves it', async () => {
    const empty = await announce(local('1998-07-05T18:00'));
    await settleAt(house, local('1998-10-06T00:00'));
    await house.reactor.settle();
    expect(await typesOf(house, streamOf(empty))).toEqual([
      'ActivityAnnounced',
      'ActivityEnded',
      'SignUpsDeleted',
    ]);
    // Nothing of it is missing in custody: there never was a key.
    await house.custody.compareWithLog(house.store, describeDestruction);
    const other = await openHouse({ from: START, changes: { 'categories.activity.keep': 'P1M' } });
    try {
      const plannedEnd = local('1998-07-05T18:00');
      const frame = department();
      const { activityId } = await other.run(new AnnounceActivity(frame, { title: '一月', plannedEnd }));
      await settleAt(other, local('1998-08-06T00:00'));
      expect(await typesOf(other, streamOf(activityId))).toContain('SignUpsDeleted');
    } finally {
      await other.drop();
    }
  });

  it('R077 a member who leaves is on no list at once; the others stay', async () => {
    const activityId = await announce();
    const [leaving = '', staying = ''] = await people(house, 2);
    const { participantId } = await signUp(activityId, leaving);
    await signUp(activityId, staying);
    await house.ports.confirmations.flush();
    const erasure = { memberId: leaving, reason: 'exit', categories: [] };
    await house.run(new RequestErasure(frameAs('integrator'), erasure));
    await house.reactor.settle();
    expect(house.reactor.failures).toEqual([]);
    expect(await holderOf(participantId)).toBeNull();
    await expect(openedBy(activityId, leaving)).rejects.toEqual(code('SUBJECT_ERASED'));
    expect(await openedBy(activityId, staying)).not.toBeNull();
    await expect(signUp(activityId, leaving)).rejects.toEqual(code('SUBJECT_ERASED'));
  });
});
