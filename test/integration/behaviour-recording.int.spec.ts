import { RecordBehaviours, RegisterMember, RequestErasure } from '@lacuna/application';
import { LacunaError } from '@lacuna/domain/kernel';
import { casesOfSeveralProcesses } from './behaviour-processes.js';
import { codesOf, dayOf, handleIn, marksOf, purchaseOf, record, TENANT } from './behaviour-support.js';
import { eventsOf, frameAs, openHouse, somebody, START, type House } from './house.js';
import { cellsOf, local, logOf, nightsOf, people, settleAt, totalsOf } from './night-support.js';

const LATE = '1998-01-01';
const DAY = '1998-06-30';

describe('recording behaviour', () => {
  let house: House;
  let members: readonly string[];

  beforeAll(async () => {
    house = await openHouse();
    members = await people(house, 12);
  });
  afterAll(() => house.drop());

  const recordedOf = async () => (await logOf(house)).filter(({ type }) => type === 'BehaviourRecorded');

  it('R003 R013 R041 seals everything but the day; what stands in clear is the same for everybody', async () => {
    const [memberId = ''] = members;
    await house.clock.advanceTo(local('1998-07-01T09:41:17'));
    const before = (await recordedOf()).length;
    const [answer] = await record(house, purchaseOf(memberId, { occurred: '1998-06-30T18:15:00+08:00' }));
    expect(answer).toMatchObject({ kind: 'recorded', day: DAY });
    const event = (await recordedOf())[before]!;
    expect(event.stream).toMatch(/^car-club\.behaviour-[0-9a-f]{32}$/);
    expect(event.data).toEqual({
      day: DAY,
      night: '1998-07-01',
      body: { sealed: expect.stringMatching(/^LS2:/) as string },
      copy: { sealed: expect.stringMatching(/^LS2:/) as string },
    });
    expect(event.metadata).toEqual({
      tenant: TENANT,
      occurredAt: START,
      actor: { id: 'sealed', role: 'sealed' },
      processing: {
        channel: 'sealed',
        lawfulBasis: 'sealed',
        purposes: ['sealed'],
        noticeVersion: null,
        provenance: 'sealed',
      },
      policy: 'car-club@1',
    });
    // Not 09:41: nothing finer than the day, or than what stood in the log before.
    expect(event.recordedAt).toBe(START);
    const [standing] = await dayOf(house, memberId, DAY);
    expect(standing).toMatchObject({
      event: { id: event.id },
      body: {
        what: 'recorded',
        kind: 'purchase',
        occurred: '1998-06-30T10:15:00.000Z',
        details: { units: 2, amount: 1177, texts: {} },
        frame: {
          actor: { id: 'integrator-1', role: 'integrator' },
          at: local('1998-07-01T09:41:17'),
          processing: { channel: 'registration', purposes: ['service'] },
        },
      },
    });
  });

  it('the handle names no stream and no event', async () => {
    const [, memberId = ''] = members;
    const [answer] = await record(house, purchaseOf(memberId));
    const handle = handleIn(answer);
    expect(handle).toMatch(/^1998-06-30\.[0-9a-f-]{36}$/);
    const [, uuid = ''] = handle.split('.');
    const log = JSON.stringify(await logOf(house), (_, value: unknown) =>
      typeof value === 'bigint' ? '' : value,
    );
    expect(log).not.toContain(uuid);
    expect(log).not.toContain(uuid.replaceAll('-', ''));
  });

  it('leaves no mark on anything of a person in custody', async () => {
    const [, , memberId = ''] = members;
    await record(house, purchaseOf(memberId, { occurred: '1998-05-02' }));
    const before = await marksOf(house.pool);
    await record(
      house,
      purchaseOf(memberId, { occurred: '1998-05-02' }),
      purchaseOf(memberId, { occurred: LATE }),
    );
    expect(await marksOf(house.pool)).toBe(before);
  });

  describe('from several processes', () =>
    casesOfSeveralProcesses(
      () => house,
      () => members,
    ));

  it('the same request id with another payload is refused', async () => {
    const [, , , , , memberId = '', another = ''] = members;
    const one = purchaseOf(memberId, { occurred: '1998-03-09' });
    await record(house, one);
    const changed = [
      { ...one, details: { units: '3', amount: '11.77' } },
      { ...one, details: { ...one.details, place: '北京' } },
      { ...one, occurred: '1998-03-09T10:00:00+08:00' },
    ];
    for (const payload of changed)
      expect(codesOf(await record(house, payload, purchaseOf(another)))).toEqual([
        'REQUEST_ID_REUSED',
        'recorded',
      ]);
    expect(await dayOf(house, memberId, '1998-03-09')).toHaveLength(1);
    // Another caller's request id is another one.
    const theirs = { ...frameAs('integrator'), caller: { ...frameAs('integrator').caller, client: 'shop' } };
    expect(codesOf(await house.run(new RecordBehaviours(theirs, [changed[0]!])))).toEqual(['recorded']);
  });

  it('answers for each record; a refused one hurts none', async () => {
    const [memberId = ''] = members;
    const answers = await record(
      house,
      purchaseOf(memberId, { kind: 'sign-up' }),
      purchaseOf(memberId, { occurred: '1998-07-03' }),
      purchaseOf(memberId, { occurred: '1998-02-30' }),
      purchaseOf(memberId, { details: { units: 'two', amount: '1' } }),
      purchaseOf(memberId, { details: { units: '2' } }),
      purchaseOf('00000000-0000-4000-8000-000000000000'),
      purchaseOf('00000000-0000-4000-8000-000000000000', { occurred: LATE }),
      purchaseOf(memberId, { member: { customerNumber: 'nobody' } }),
      purchaseOf(memberId, { member: {} }),
      purchaseOf(memberId, { kind: 'group-post', details: { text: '大家好' } }),
      purchaseOf(memberId),
      purchaseOf(memberId, { occurred: LATE }),
    );
    expect(codesOf(answers)).toEqual([
      'KIND_UNKNOWN',
      'OCCURRED_IN_FUTURE',
      'OCCURRED_INVALID',
      'FIELD_INVALID',
      'FIELD_INVALID',
      'MEMBER_NOT_FOUND',
      'MEMBER_NOT_FOUND',
      'MEMBER_NOT_FOUND',
      'FIELD_INVALID',
      // The frame says `service`, and nobody reads the posts of a group for that.
      'FIELD_INVALID',
      'recorded',
      'counted-only',
    ]);
  });

  it('R054 asks the pack for each kind: customer service records needs and nothing else', async () => {
    const [memberId = ''] = members;
    const need = purchaseOf(memberId, { kind: 'service-need', details: { text: '轮胎' } });
    const answers = await house.run(
      new RecordBehaviours(frameAs('customer-service'), [
        need,
        purchaseOf(memberId),
        purchaseOf('x'.repeat(36)),
      ]),
    );
    expect(codesOf(answers)).toEqual(['recorded', 'POLICY_DENIED', 'MEMBER_NOT_FOUND']);
    const own = frameAs('member', undefined, { memberId });
    expect(codesOf(await house.run(new RecordBehaviours(own, [purchaseOf('')])))).toEqual(['POLICY_DENIED']);
  });

  it('takes 1 to 500 records', async () => {
    const many = Array.from({ length: 501 }, () => purchaseOf(members[0] ?? ''));
    for (const records of [[], many])
      await expect(house.run(new RecordBehaviours(frameAs('integrator'), records))).rejects.toMatchObject({
        code: 'BATCH_LIMIT',
      });
  });

  it('finds a member by the caller’s own number', async () => {
    const info = somebody();
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), info));
    await house.ports.confirmations.flush();
    const { customerNumber } = info;
    // Nobody made keys since: the recording does, for everybody at once.
    expect(codesOf(await record(house, purchaseOf('', { member: { customerNumber } })))).toEqual([
      'recorded',
    ]);
    expect(await dayOf(house, memberId, DAY)).toHaveLength(1);
  });

  it('R077 a member who leaves is neither recorded nor counted any more', async () => {
    const info = somebody();
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), info));
    await house.reactor.settle();
    await record(house, purchaseOf(memberId));
    await house.run(
      new RequestErasure(
        { ...frameAs('integrator'), processing: { ...frameAs('integrator').processing, lawfulBasis: 'law' } },
        { memberId, reason: 'exit', categories: [] },
      ),
    );
    const both = () => record(house, purchaseOf(memberId), purchaseOf(memberId, { occurred: LATE }));
    expect(codesOf(await both())).toEqual(['SUBJECT_RESTRICTED', 'SUBJECT_RESTRICTED']);
    await house.reactor.settle();
    expect(codesOf(await both())).toEqual(['SUBJECT_ERASED', 'SUBJECT_ERASED']);
    const { customerNumber } = info;
    expect(codesOf(await record(house, purchaseOf('', { member: { customerNumber } })))).toEqual([
      'MEMBER_NOT_FOUND',
    ]);
  });

  it('what custody says has closed is counted only, whatever the date says', async () => {
    const hasty = await house.instance({
      custody: (custody) =>
        Object.assign(Object.create(custody) as typeof custody, {
          openScoped: () => Promise.reject(new LacunaError('SCOPE_CLOSED')),
        }),
    });
    expect(codesOf(await record(hasty, purchaseOf(members[0] ?? '')))).toEqual(['counted-only']);
  });

  it('asks the clock again where a night has just closed, and lets every night go', async () => {
    const held: string[] = [];
    let released = 0;
    const late = await house.instance({
      custody: (custody) =>
        Object.assign(Object.create(custody) as typeof custody, {
          holdNight: async (...asked: Parameters<typeof custody.holdNight>) => {
            held.push(asked[1]);
            if (held.length === 1) throw new LacunaError('NIGHT_CLOSED');
            const hold = await custody.holdNight(...asked);
            const release = hold.release.bind(hold);
            return Object.assign(Object.create(hold) as typeof hold, {
              release: () => {
                released += 1;
                release();
              },
            });
          },
        }),
      store: (store) =>
        Object.assign(Object.create(store) as typeof store, {
          append: (request: Parameters<typeof store.append>[0]) =>
            held.length > 2 ? Promise.reject(new LacunaError('STORE_UNAVAILABLE')) : store.append(request),
        }),
    });
    const two = [purchaseOf(members[0] ?? ''), purchaseOf(members[0] ?? '', { occurred: LATE })];
    expect(codesOf(await record(late, ...two))).toEqual(['recorded', 'counted-only']);
    expect([held.length, released]).toEqual([2, 1]);
    expect(codesOf(await record(late, ...two))).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);
    expect([held.length, released]).toEqual([3, 2]);
  });
});

describe('counting only', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.drop());

  it('R041 R046 makes no key for a closed day, and counts each record once however often it comes', async () => {
    const members = await people(house, 6);
    const late = members.flatMap((memberId) => [
      purchaseOf(memberId, { occurred: LATE }),
      purchaseOf(memberId, { occurred: '1997-03-01', details: { units: '1', amount: '0.00' } }),
    ]);
    const twin = await house.instance();
    await Promise.all([record(house, ...late), record(twin, ...late)]);
    await record(
      house,
      ...late.slice(3),
      purchaseOf(members[0] ?? '', { occurred: LATE }),
      ...late.slice(0, 5),
    );
    await record(twin, ...[...late].reverse());
    for (const one of late.slice(0, 3))
      expect(codesOf(await record(twin, one, one))).toEqual(['counted-only', 'counted-only']);
    expect(await house.custody.livingScopes(TENANT, 'behaviour')).toEqual([]);
    const stream = await eventsOf(house, `${TENANT}.night-1998-07-01`);
    expect(stream).toHaveLength(13);
    expect(
      stream.every(({ recordedAt, metadata }) => recordedAt === START && metadata.actor.id === 'sealed'),
    ).toBe(true);
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual({ count: 13, units: 7 * 2 + 6, sum: 7 * 1177 });
    expect(await cellsOf(house)).toHaveLength(2);
    expect(await nightsOf(house)).toMatchObject([{ rows: 13, remainder: false }]);
  });

  it('puts what came together into no order that follows the request', async () => {
    const [memberId = ''] = await people(house, 1);
    const orders = new Set<string>();
    for (let round = 0; round < 6; round += 1) {
      const before = (await logOf(house)).length;
      const days = ['1998-06-01', '1998-06-02', '1998-06-03', '1998-06-04', '1998-06-05', '1998-06-06'];
      await record(house, ...days.map((occurred) => purchaseOf(memberId, { occurred })));
      orders.add(
        (await logOf(house))
          .slice(before)
          .map(({ data }) => String(data['day']))
          .join(),
      );
    }
    expect(orders.size).toBeGreaterThan(1);
  });
});
