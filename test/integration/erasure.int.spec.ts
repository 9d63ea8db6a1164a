import { randomUUID } from 'node:crypto';
import {
  ApplyCorrection,
  GetErasureStatus,
  PreviewErasure,
  RegisterMember,
  RequestCorrection,
  RequestErasure,
  VerifyRealName,
  type ClockStop,
} from '@lacuna/application';
import type { Sealed } from '@lacuna/domain/kernel';
import { dying } from './faults.js';
import {
  callerAs,
  eventsOf,
  frameAs,
  memberStreamOf,
  openHouse,
  somebody,
  typesOf,
  type House,
  type Instance,
} from './house.js';

const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });
const WHOLE = ['MemberRegistered', 'ErasureRequested', 'ErasureStarted', 'MemberErased', 'ErasureFinal'];

describe('an erasure', () => {
  let house: House;

  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.drop());

  const register = async (info = somebody()) =>
    (await house.run(new RegisterMember(frameAs('integrator'), info))).memberId;

  const erase = (memberId: string, categories: readonly string[] = [], frame = frameAs('integrator')) =>
    new RequestErasure(frame, { memberId, reason: 'exit', categories });

  const statusOf = (memberId: string) =>
    house.ask(new GetErasureStatus(callerAs('compliance-officer'), memberId));

  const advance = async (by: string, instance: Instance = house): Promise<readonly ClockStop[]> => {
    const stops: ClockStop[] = [];
    for await (const stop of instance.reactor.advance(
      { tenant: 'car-club' },
      by,
      new AbortController().signal,
    ))
      stops.push(stop);
    return stops;
  };

  const opens = async (value: unknown) =>
    (await house.custody.unseal('car-club', [value as Sealed]))[0]?.kind;

  it('R077 R078 previews what goes and what stays, and changes nothing', async () => {
    const memberId = await register();
    const items = await house.ask(new PreviewErasure(callerAs('integrator'), memberId));
    expect(items.map(({ category, outcome, cite }) => [category, outcome, cite])).toEqual([
      ['basic', 'erase', 'R077 000§6.3'],
      ['real-name', 'retain', 'R078 000§6.3'],
      ['behaviour', 'anonymise', 'R041 000§3.2'],
      ['activity', 'erase', 'R077 000§6.3'],
      ['audit', 'retain', 'R097 000§5.1'],
    ]);
    expect(await statusOf(memberId)).toMatchObject({ state: 'none', erasureId: null, items: [] });
    await expect(house.ask(new PreviewErasure(callerAs('management'), memberId))).rejects.toEqual(
      code('POLICY_DENIED'),
    );
    await expect(house.ask(new PreviewErasure(callerAs('integrator'), '0'))).rejects.toEqual(
      code('MEMBER_NOT_FOUND'),
    );
  });

  it.each([
    ['the management', callerAs('management')],
    ['an operator', callerAs('operator')],
    ['a member, of another', callerAs('member', { memberId: randomUUID() })],
    ['an integrator who acts in a role that is not held', callerAs('integrator', { roles: ['management'] })],
  ])(
    'R054 %s neither previews an erasure nor asks for one, nor sees how far one is',
    async (_name, caller) => {
      const memberId = await register();
      const frame = { ...frameAs('integrator'), caller };
      const denied = code('POLICY_DENIED');
      await expect(house.ask(new PreviewErasure(caller, memberId))).rejects.toEqual(denied);
      await expect(house.ask(new GetErasureStatus(caller, memberId))).rejects.toEqual(denied);
      await expect(house.run(erase(memberId, [], frame))).rejects.toEqual(denied);
      expect(await house.custody.status({ tenant: 'car-club', subject: memberId })).toEqual({ kind: 'live' });
      expect(await typesOf(house, memberStreamOf(memberId))).toEqual(['MemberRegistered']);
    },
  );

  it.each(['customer-service', 'compliance-officer'])(
    'R054 %s sees what an erasure would do, and asks for none',
    async (role) => {
      const memberId = await register();
      const preview = await house.ask(new PreviewErasure(callerAs('integrator'), memberId));
      expect(await house.ask(new PreviewErasure(callerAs(role), memberId))).toEqual(preview);
      await expect(house.run(erase(memberId, [], frameAs(role)))).rejects.toEqual(code('POLICY_DENIED'));
      expect(await typesOf(house, memberStreamOf(memberId))).toEqual(['MemberRegistered']);
    },
  );

  it('R054 R077 a member leaves by their own word', async () => {
    const memberId = await register();
    const frame = frameAs('member', undefined, { memberId, actorId: memberId });
    await house.run(erase(memberId, [], frame));
    expect(await house.custody.status({ tenant: 'car-club', subject: memberId })).toMatchObject({
      kind: 'restricted',
    });
  });

  it('R078 refuses to erase what the law keeps, names the clause, and restricts nothing', async () => {
    const memberId = await register();
    await expect(house.run(erase(memberId, ['basic', 'real-name']))).rejects.toMatchObject({
      code: 'ERASURE_RETAINED_BY_LAW',
      violations: [{ field: 'real-name', rule: 'R078 000§6.3' }],
    });
    expect(await house.custody.status({ tenant: 'car-club', subject: memberId })).toEqual({ kind: 'live' });
  });

  it('R077 reads have stopped when the answer comes, and every retry gets that answer', async () => {
    const memberId = await register();
    const [registered] = await eventsOf(house, memberStreamOf(memberId));
    const read = {
      caller: callerAs('customer-service'),
      memberId,
      purpose: 'service',
      category: 'basic',
      fields: ['name'],
      action: 'read',
      rules: ['R048'],
      grants: [],
      asOf: null,
    };
    await house.reads.recordRead(read);
    const command = erase(memberId);
    const answer = await house.run(command);
    expect(await opens(registered!.data['name'])).toBe('restricted');
    await expect(house.reads.recordRead(read)).rejects.toEqual(code('SUBJECT_RESTRICTED'));
    await expect(
      house.run(new RequestCorrection(frameAs('integrator'), { memberId, changes: { name: '许一诺' } })),
    ).rejects.toEqual(code('SUBJECT_RESTRICTED'));
    expect(await house.run(command)).toEqual(answer);
    expect(await house.run(erase(memberId))).toEqual(answer);
    await expect(
      house.run(new RequestErasure(command.frame, { memberId, reason: 'request', categories: [] })),
    ).rejects.toEqual(code('REQUEST_ID_REUSED'));
    expect(await statusOf(memberId)).toMatchObject({ state: 'requested', requestedAt: answer.restrictedAt });
    await house.reactor.settle();
    expect(await house.run(command)).toEqual(answer);
    await expect(house.run(erase(memberId))).rejects.toEqual(code('MEMBER_ERASED'));
  });

  it('R077 R078 R040 ends with nothing of the member left to open, a retained record that names nobody, and its times', async () => {
    const info = somebody();
    const memberId = await register(info);
    const data = { memberId, name: '许一诺', idNumber: '999999197001010017' };
    const frame = frameAs('integrator');
    const before = await house.store.head();
    await house.run(
      new VerifyRealName(
        { ...frame, processing: { ...frame.processing, lawfulBasis: 'law', purposes: ['real-name'] } },
        data,
      ),
    );
    const identities = [];
    for await (const batch of house.store.readAll(before)) identities.push(...batch.events);
    const command = erase(memberId);
    await house.run(command);
    await house.reactor.settle();
    expect(house.reactor.failures).toEqual([]);

    const [registered, , started, erased] = await eventsOf(house, memberStreamOf(memberId));
    expect(started!.data['items']).toContainEqual({
      category: 'real-name',
      outcome: 'retain',
      basis: 'real-name-law',
      until: null,
      cite: 'R078 000§6.3',
    });
    const custody = await house.custody.status({ tenant: 'car-club', subject: memberId });
    expect(custody).toEqual({ kind: 'erased', destroyedAt: erased!.data['destroyedAt'] });
    expect(await opens(registered!.data['mobile'])).toBe('erased');
    expect(await opens(identities[0]!.data['idNumber'])).toBe('opened');
    expect(await statusOf(memberId)).toMatchObject({ state: 'destroyed', unrecoverableAt: null });

    await advance('PT24H');
    const status = await statusOf(memberId);
    expect(status).toMatchObject({ state: 'final', destroyedAt: erased!.data['destroyedAt'] });
    expect(status.unrecoverableAt! > status.destroyedAt!).toBe(true);
    expect(await typesOf(house, memberStreamOf(memberId))).toEqual(WHOLE);

    // Coming back later is somebody new, who may take the same telephone and identity number.
    const again = await register(info);
    expect(again).not.toBe(memberId);
    await house.run(
      new VerifyRealName(
        { ...frame, processing: { ...frame.processing, lawfulBasis: 'law', purposes: ['real-name'] } },
        { ...data, memberId: again },
      ),
    );
    await expect(house.run(command)).resolves.toBeDefined();
  });

  it('A13 refuses what comes after: no key, no event, and a re-sent registration brings nobody back', async () => {
    const frame = frameAs('integrator');
    const info = somebody();
    const { memberId } = await house.run(new RegisterMember(frame, info));
    const asked = new RequestCorrection(frameAs('integrator'), { memberId, changes: { name: '许一诺' } });
    const { correctionId } = await house.run(asked);
    await house.run(erase(memberId));
    await house.reactor.settle();
    const types = await typesOf(house, memberStreamOf(memberId));
    const keys = await house.custody.counts();
    await expect(
      house.custody.open({
        tenant: 'car-club',
        subject: memberId,
        categories: ['basic'],
        mint: 'keys',
        now: house.clock.now(),
      }),
    ).rejects.toEqual(code('SUBJECT_ERASED'));
    await expect(
      house.run(new RequestCorrection(frameAs('integrator'), { memberId, changes: { name: '许二诺' } })),
    ).rejects.toEqual(code('MEMBER_ERASED'));
    await expect(
      house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId })),
    ).rejects.toEqual(code('MEMBER_ERASED'));
    expect(await house.run(new RegisterMember(frame, info))).toMatchObject({ memberId });
    expect(await typesOf(house, memberStreamOf(memberId))).toEqual(types);
    expect(await house.custody.counts()).toEqual(keys);
  });

  it('E03 in small: registrations and corrections race with erasures, and nothing is left half done', async () => {
    const members = await Promise.all(Array.from({ length: 8 }, () => register()));
    await Promise.allSettled(
      members.flatMap((memberId) => [
        house.run(
          new RequestCorrection(frameAs('integrator'), { memberId, changes: { memberLevel: '金卡' } }),
        ),
        house.run(erase(memberId)),
        house.run(
          new RequestCorrection(frameAs('integrator'), { memberId, changes: { memberLevel: '银卡' } }),
        ),
        house.run(erase(memberId)),
      ]),
    );
    await house.reactor.settle();
    expect(house.reactor.failures).toEqual([]);
    for (const memberId of members) {
      const types = await typesOf(house, memberStreamOf(memberId));
      expect(types.filter((type) => type === 'ErasureRequested')).toHaveLength(1);
      expect(types.slice(-3)).toEqual(['ErasureRequested', 'ErasureStarted', 'MemberErased']);
    }
  });

  describe('E02 dies at every step, and is taken up by another process', () => {
    // restrict, append requested, recorded, append started, destroy, append erased
    it.each([0, 1, 2, 3, 4, 5].flatMap((at) => [[at, 'before'] as const, [at, 'after'] as const]))(
      'at step %i, %s it',
      async (at, when) => {
        const memberId = await register();
        const death = dying(at, when);
        const mortal = await house.instance(death);
        const command = erase(memberId);
        await mortal.run(command).catch(() => undefined);
        await mortal.reactor.settle().catch(() => undefined);
        expect(death.isDead()).toBe(true);
        const untouched = at === 0 && when === 'before';

        if (untouched) await house.run(command);
        await house.reactor.settle();
        expect(house.reactor.failures).toEqual([]);
        const status = await statusOf(memberId);
        expect(status.state).toBe('destroyed');
        expect(await house.custody.status({ tenant: 'car-club', subject: memberId })).toEqual({
          kind: 'erased',
          destroyedAt: status.destroyedAt,
        });
        expect(await typesOf(house, memberStreamOf(memberId))).toEqual(WHOLE.slice(0, 4));
        const retried = await house.run(command);
        expect(retried).toMatchObject({ erasureId: status.erasureId, restrictedAt: status.requestedAt });
        expect(await house.custody.unrecordedRestrictions('2100-01-01T00:00:00.000Z')).toEqual([]);
      },
    );

    it.each([0, 1, 2, 3, 4].flatMap((at) => [[at, 'before'] as const, [at, 'after'] as const]))(
      'in the night: at step %i, %s it',
      async (at, when) => {
        const memberId = await register();
        await house.run(erase(memberId));
        await house.reactor.settle();
        const mortal = await house.instance(dying(at, when));
        await advance('PT24H', mortal).catch(() => undefined);
        await house.clock.refresh();
        await house.reactor.settle();
        await advance('PT24H');
        expect(await typesOf(house, memberStreamOf(memberId))).toEqual(WHOLE);
        const rotated = (await eventsOf(house, 'system.custody-keys')).filter(
          ({ type }) => type === 'KeysRotated',
        );
        const names = rotated.map(({ data }) => `${String(data['keyClass'])} ${String(data['epoch'])}`);
        expect(new Set(names).size).toBe(names.length);
      },
    );
  });
});
