import {
  ApplyCorrection,
  CompleteImport,
  ListCompletedImports,
  RegisterMember,
  RequestCorrection,
  VerifyRealName,
} from '@lacuna/application';
import { isSealed, type Sealed } from '@lacuna/domain/kernel';
import { someIdNumber } from '@lacuna/testing';
import {
  callerAs,
  eventsOf,
  frameAs,
  memberStreamOf,
  openHouse,
  somebody,
  typesOf,
  type House,
} from './house.js';

const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

const asRealName = (requestId: string, tenant = 'car-club') => ({
  ...frameAs('integrator', requestId, { tenant }),
  processing: {
    channel: 'registration',
    lawfulBasis: 'law',
    purposes: ['real-name'],
    noticeVersion: '2026-01',
    provenance: 'subject',
  },
});

describe('the commands of the member context', () => {
  let house: House;

  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.drop());

  const register = async (info = somebody(), tenant = 'car-club') =>
    (await house.run(new RegisterMember(frameAs('integrator', undefined, { tenant }), info))).memberId;

  const opened = async (value: unknown, tenant = 'car-club') =>
    (await house.custody.unseal(tenant, [value as Sealed]))[0];

  it('R001 R003 R013 registers a member: everything personal sealed, everything about the collection in clear', async () => {
    const info = somebody();
    const frame = frameAs('integrator');
    const { memberId, position } = await house.run(new RegisterMember(frame, info));
    const [event] = await eventsOf(house, memberStreamOf(memberId));
    expect(event).toMatchObject({
      type: 'MemberRegistered',
      schemaVersion: 1,
      position,
      metadata: {
        tenant: 'car-club',
        processing: frame.processing,
        actor: { role: 'integrator' },
        policy: 'car-club@1',
      },
    });
    const { memberId: id, ...personal } = event!.data;
    expect(id).toBe(memberId);
    expect(Object.keys(personal).sort()).toEqual(Object.keys(info).sort());
    expect(Object.values(personal).every(isSealed)).toBe(true);
    expect(
      JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? '' : value)),
    ).not.toContain(info.mobile);
    expect(await opened(personal['mobile'])).toEqual({ kind: 'opened', plaintext: info.mobile });
  });

  it('gives a retry the first answer, alone, concurrently and from another process', async () => {
    const info = somebody();
    const command = new RegisterMember(frameAs('integrator'), info);
    const twin = await house.instance();
    const answers = await Promise.all([
      house.run(command),
      house.run(command),
      twin.run(command),
      twin.run(command),
    ]);
    answers.push(await house.run(command));
    expect(new Set(answers.map(({ memberId, position }) => `${memberId} ${position}`)).size).toBe(1);
    expect(await typesOf(house, memberStreamOf(answers[0].memberId))).toEqual(['MemberRegistered']);
    const includeOpen = { includeOpen: true }; // the confirmation may still be on its way
    expect(await house.custody.lookup('car-club', 'mobile', info.mobile, includeOpen)).toBe(
      answers[0].memberId,
    );
  });

  it('refuses the same request id with another payload, at once and later, and frees what the other one claimed', async () => {
    const [one, other] = [somebody(), somebody()];
    const frame = frameAs('integrator');
    const settled = await Promise.allSettled([
      house.run(new RegisterMember(frame, one)),
      house.run(new RegisterMember(frame, other)),
    ]);
    const refused = settled.filter(({ status }) => status === 'rejected');
    expect(refused).toEqual([{ status: 'rejected', reason: code('REQUEST_ID_REUSED') }]);
    const loser = settled[0].status === 'rejected' ? one : other;
    await expect(house.run(new RegisterMember(frame, loser))).rejects.toEqual(code('REQUEST_ID_REUSED'));
    await register(loser);
  });

  it('does not take a request id for two different commands', async () => {
    const frame = frameAs('integrator');
    const { memberId } = await house.run(new RegisterMember(frame, somebody()));
    const second = await register();
    await expect(
      house.run(new RequestCorrection(frame, { memberId: second, changes: { name: '许一诺' } })),
    ).rejects.toEqual(code('REQUEST_ID_REUSED'));
    expect(memberId).not.toBe(second);
  });

  it('refuses a telephone and a customer number that somebody holds, and says which', async () => {
    const holder = somebody();
    await register(holder);
    await expect(register({ ...somebody(), mobile: holder.mobile })).rejects.toMatchObject({
      code: 'CLAIM_TAKEN',
      violations: [{ field: 'mobile', rule: 'unique' }],
    });
    await expect(register({ ...somebody(), customerNumber: holder.customerNumber })).rejects.toMatchObject({
      code: 'CLAIM_TAKEN',
      violations: [{ field: 'customerNumber' }],
    });
  });

  it('R001 R003 R006 R054 asks the pack first: role, channel, notice, purpose and fields', async () => {
    const info = somebody();
    const frame = frameAs('integrator');
    const tries: readonly [RegisterMember, string][] = [
      [new RegisterMember(frameAs('management'), info), 'POLICY_DENIED'],
      [new RegisterMember(frameAs('integrator', undefined, { roles: ['member'] }), info), 'POLICY_DENIED'],
      [
        new RegisterMember({ ...frame, processing: { ...frame.processing, channel: 'rumour' } }, info),
        'FIELD_INVALID',
      ],
      [
        new RegisterMember({ ...frame, processing: { ...frame.processing, noticeVersion: null } }, info),
        'FIELD_INVALID',
      ],
      [
        new RegisterMember({ ...frame, processing: { ...frame.processing, purposes: ['marketing'] } }, info),
        'FIELD_INVALID',
      ],
      [new RegisterMember(frame, { ...info, ...{ idNumber: someIdNumber } }), 'FIELD_INVALID'],
      [new RegisterMember(frame, { name: info.name }), 'FIELD_INVALID'],
      [new RegisterMember(frame, { ...info, mobile: '12' }), 'FIELD_INVALID'],
    ];
    for (const [command, wanted] of tries) await expect(house.run(command)).rejects.toEqual(code(wanted));
    expect(await house.custody.lookup('car-club', 'mobile', info.mobile, { includeOpen: true })).toBeNull();
  });

  it('R119 a correction frees a phone that was registered a moment ago, however soon it comes', async () => {
    for (let round = 0; round < 10; round += 1) {
      const before = somebody();
      const memberId = await register(before);
      const changes = { mobile: somebody().mobile };
      const { correctionId } = await house.run(
        new RequestCorrection(frameAs('integrator'), { memberId, changes }),
      );
      await house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId }));
      const options = { includeOpen: true };
      expect(await house.custody.lookup('car-club', 'mobile', before.mobile, options)).toBeNull();
      expect(await house.custody.lookup('car-club', 'mobile', changes.mobile)).toBe(memberId);
    }
  });

  it('R072 a correction is asked for, due in 24 hours, and applied as it was asked', async () => {
    const before = somebody();
    const memberId = await register(before);
    const changes = { mobile: somebody().mobile, plate: '粤B12345' };
    const asked = new RequestCorrection(frameAs('integrator'), { memberId, changes });
    const answer = await house.run(asked);
    const [, requested] = await eventsOf(house, memberStreamOf(memberId));
    expect(Date.parse(answer.dueAt) - Date.parse(requested!.recordedAt)).toBe(24 * 3_600_000);
    expect(await house.run(asked)).toEqual(answer);

    const apply = new ApplyCorrection(frameAs('customer-service'), {
      memberId,
      correctionId: answer.correctionId,
    });
    const applied = await house.run(apply);
    expect(await house.run(apply)).toEqual(applied);
    const again = new ApplyCorrection(frameAs('customer-service'), {
      memberId,
      correctionId: answer.correctionId,
    });
    expect(await house.run(again)).toEqual(applied);

    const events = await eventsOf(house, memberStreamOf(memberId));
    expect(events.map(({ type }) => type)).toEqual([
      'MemberRegistered',
      'CorrectionRequested',
      'InfoCorrected',
    ]);
    const corrected = events[2]!.data['changes'] as Record<string, unknown>;
    expect(await opened(corrected['mobile'])).toEqual({ kind: 'opened', plaintext: changes.mobile });
    expect(corrected['mobile']).not.toEqual(
      (events[1]!.data['changes'] as Record<string, unknown>)['mobile'],
    );
    expect(await house.custody.lookup('car-club', 'mobile', changes.mobile)).toBe(memberId);
    expect(await house.custody.lookup('car-club', 'mobile', before.mobile, { includeOpen: true })).toBeNull();
    await register({ ...somebody(), mobile: before.mobile });
  });

  it('R054 who may not correct is refused, whether the correction is there or not', async () => {
    const memberId = await register();
    const correctionId = memberId;
    await expect(
      house.run(new ApplyCorrection(frameAs('integrator'), { memberId, correctionId })),
    ).rejects.toEqual(code('POLICY_DENIED'));
    await expect(
      house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId })),
    ).rejects.toEqual(code('CORRECTION_NOT_FOUND'));
  });

  it('R073 a member corrects what is their own, named by their token, and nobody else', async () => {
    const [memberId, stranger] = [await register(), await register()];
    const self = { memberId, actorId: memberId };
    const changes = { name: '许一诺' };
    await house.run(new RequestCorrection(frameAs('member', undefined, self), { memberId: '', changes }));
    const [, event] = await eventsOf(house, memberStreamOf(memberId));
    expect(event!.metadata.actor).toEqual({ id: 'subject', role: 'member' });
    await expect(
      house.run(new RequestCorrection(frameAs('member', undefined, self), { memberId: stranger, changes })),
    ).rejects.toEqual(code('POLICY_DENIED'));
  });

  it('A04 A08 many corrections of one member at once: each once, or ABORTED by its code, never anything else', async () => {
    const memberId = await register();
    const commands = Array.from(
      { length: 24 },
      (_, index) =>
        new RequestCorrection(frameAs('integrator'), {
          memberId,
          changes: { memberLevel: `level ${index}` },
        }),
    );
    const settled = await Promise.allSettled(commands.map((command) => house.run(command)));
    const done = settled.filter(({ status }) => status === 'fulfilled');
    for (const one of settled)
      if (one.status === 'rejected') expect(one.reason).toEqual(code('REVISION_CONFLICT'));
    expect(done.length).toBeGreaterThan(0);
    expect(await typesOf(house, memberStreamOf(memberId))).toHaveLength(1 + done.length);
    for (const command of commands) await house.run(command);
    expect(await typesOf(house, memberStreamOf(memberId))).toHaveLength(1 + commands.length);
  });

  it('R001 R078 keeps a real name as a record that names no member, and knows a retry', async () => {
    const memberId = await register();
    const data = { memberId, name: '许一诺', idNumber: someIdNumber };
    const command = new VerifyRealName(asRealName('verify-1'), data);
    const before = await house.store.head();
    await Promise.all([house.run(command), house.run(command)]);
    await house.run(new VerifyRealName(asRealName('verify-again'), data));
    const events = [];
    for await (const batch of house.store.readAll(before)) events.push(...batch.events);
    expect(events.map(({ type }) => type)).toEqual(['RealNameVerified']);
    const text = JSON.stringify(events, (_, value: unknown) => (typeof value === 'bigint' ? '' : value));
    for (const part of memberId.split('-').concat('verify-1', someIdNumber)) expect(text).not.toContain(part);
    expect(events[0]!.stream).toBe(`car-club.identity-${String(events[0]!.data['identityId'])}`);

    await expect(
      house.run(new VerifyRealName(asRealName('verify-2'), { ...data, name: '许二诺' })),
    ).rejects.toEqual(code('REAL_NAME_VERIFIED_ALREADY'));
    await expect(
      house.run(new VerifyRealName(asRealName('verify-3'), { ...data, memberId: await register() })),
    ).rejects.toEqual(code('CLAIM_TAKEN'));
  });

  it('two tenants neither see nor collide: same requests, same telephone, same people', async () => {
    const info = somebody();
    const frames = (['car-club', 'other-club'] as const).map((tenant) =>
      frameAs('integrator', 'same-request', { tenant }),
    );
    const [own, other] = await Promise.all(frames.map((frame) => house.run(new RegisterMember(frame, info))));
    expect(own!.memberId).not.toBe(other!.memberId);
    await house.ports.confirmations.flush();
    expect(await house.custody.lookup('car-club', 'mobile', info.mobile)).toBe(own!.memberId);
    expect(await house.custody.lookup('other-club', 'mobile', info.mobile)).toBe(other!.memberId);
    await expect(
      house.run(
        new RequestCorrection(frameAs('integrator', undefined, { tenant: 'other-club' }), {
          memberId: own!.memberId,
          changes: { name: '许一诺' },
        }),
      ),
    ).rejects.toEqual(code('MEMBER_NOT_FOUND'));
    const [event] = await eventsOf(house, memberStreamOf(own!.memberId));
    expect(await opened(event!.data['mobile'], 'other-club')).toEqual({ kind: 'unknown' });
  });

  it('remembers a completed import once, by length and digest, per tenant', async () => {
    const completed = { kind: 'members', length: 12, sha256: 'a'.repeat(64), rows: 3 };
    await house.run(new CompleteImport(frameAs('integrator', 'file'), completed));
    await house.run(new CompleteImport(frameAs('integrator', 'file'), completed));
    await house.run(new CompleteImport(frameAs('integrator', 'another request'), completed));
    expect(await house.ask(new ListCompletedImports(callerAs('integrator'), 'members'))).toEqual([completed]);
    expect(
      await house.ask(new ListCompletedImports(callerAs('integrator', { tenant: 'other-club' }), 'members')),
    ).toEqual([]);
  });

  it('R054 who may not bring files in neither completes one nor sees what came', async () => {
    const completed = { kind: 'members', length: 13, sha256: 'b'.repeat(64), rows: 3 };
    for (const role of ['management', 'customer-service', 'compliance-officer', 'member', 'operator']) {
      await expect(house.run(new CompleteImport(frameAs(role), completed))).rejects.toEqual(
        code('POLICY_DENIED'),
      );
      await expect(house.ask(new ListCompletedImports(callerAs(role), 'members'))).rejects.toEqual(
        code('POLICY_DENIED'),
      );
    }
    expect(await house.ask(new ListCompletedImports(callerAs('integrator'), 'members'))).not.toContainEqual(
      completed,
    );
  });
});
