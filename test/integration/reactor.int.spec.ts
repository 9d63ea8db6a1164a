import {
  createReactor,
  GetErasureStatus,
  RegisterMember,
  RequestCorrection,
  RequestErasure,
  VerifyRealName,
  ApplyCorrection,
  type ClockStop,
} from '@lacuna/application';
import type { StoreClock } from '@lacuna/runtime';
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
const shifted = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString();
const DAY = 86_400_000;

const advance = async (instance: Instance, by: string): Promise<readonly ClockStop[]> => {
  const stops: ClockStop[] = [];
  for await (const stop of instance.reactor.advance({ tenant: 'car-club' }, by, new AbortController().signal))
    stops.push(stop);
  return stops;
};

const registerAt = async (house: Instance, info = somebody()) =>
  (await house.run(new RegisterMember(frameAs('integrator'), info))).memberId;

const askAt = (house: Instance, memberId: string) =>
  house.run(new RequestCorrection(frameAs('integrator'), { memberId, changes: { name: '许一诺' } }));

const count = async (house: Instance, memberId: string, type: string) =>
  (await typesOf(house, memberStreamOf(memberId))).filter((one) => one === type).length;

describe('what happens by itself', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.drop());

  it('R072 a correction is in time at 24:00:00.000 and overdue one millisecond later, once', async () => {
    const [late, inTime] = [await registerAt(house), await registerAt(house)];
    const asked = await askAt(house, late);
    const done = await askAt(house, inTime);
    await house.clock.advanceTo(asked.dueAt);
    expect(await house.reactor.settle()).not.toContainEqual({ kind: 'correction' });
    expect(house.reactor.failures).toEqual([]);
    const apply = { memberId: inTime, correctionId: done.correctionId };
    await house.run(new ApplyCorrection(frameAs('customer-service'), apply));
    expect(await count(house, late, 'CorrectionOverdue')).toBe(0);

    await house.clock.advanceTo(shifted(asked.dueAt, 1));
    expect(await house.reactor.settle()).toContainEqual({ kind: 'correction' });
    const [, , overdue] = await eventsOf(house, memberStreamOf(late));
    expect(overdue).toMatchObject({
      type: 'CorrectionOverdue',
      data: { correctionId: asked.correctionId, dueAt: asked.dueAt },
      metadata: { actor: { id: 'system', role: 'system' } },
    });
    await house.reactor.settle();
    await advance(house, 'P2D');
    expect(await count(house, late, 'CorrectionOverdue')).toBe(1);
    expect(await count(house, inTime, 'CorrectionOverdue')).toBe(0);
  });

  it('R072 two reactors that fire one deadline at once write it down once', async () => {
    const members = await Promise.all(Array.from({ length: 5 }, () => registerAt(house)));
    await Promise.all(members.map((memberId) => askAt(house, memberId)));
    const twin = await house.instance();
    await house.clock.advanceTo(shifted(house.clock.now(), DAY + 1));
    await twin.clock.refresh();
    await Promise.all([house.reactor.settle(), twin.reactor.settle()]);
    expect([...house.reactor.failures, ...twin.reactor.failures]).toEqual([]);
    for (const memberId of members) expect(await count(house, memberId, 'CorrectionOverdue')).toBe(1);
  });

  it('walks a simulated clock from stop to stop and says what happened at each', async () => {
    const memberId = await registerAt(house);
    const { dueAt } = await askAt(house, memberId);
    const stops = await advance(house, 'PT25H');
    // Born at local midnight: the night at 23:00, the deadline a millisecond after 24 hours, then the target.
    expect(stops).toEqual([
      { now: '1998-07-01T15:00:00.000Z', stop: 'nightly-run', fired: 1, done: false },
      { now: shifted(dueAt, 1), stop: 'deadline', fired: 1, done: false },
      { now: '1998-07-01T17:00:00.000Z', stop: 'target', fired: 0, done: true },
    ]);
    expect((await house.instance()).clock.now()).toBe('1998-07-01T17:00:00.000Z');
    await expect(advance(house, 'tomorrow')).rejects.toEqual(code('DURATION_INVALID'));
    await expect(advance(house, '-PT1H')).rejects.toEqual(code('DURATION_INVALID'));
  });

  it('stops walking where the caller goes away', async () => {
    const abort = new AbortController();
    const stops: ClockStop[] = [];
    for await (const stop of house.reactor.advance({ tenant: 'car-club' }, 'P10D', abort.signal)) {
      stops.push(stop);
      if (stops.length === 2) abort.abort();
    }
    expect(stops).toHaveLength(2);
    expect(house.clock.now()).toBe('1998-07-02T15:00:00.000Z');
  });

  it('recognises a retry in the next month, and after its key is gone still registers nobody twice', async () => {
    const info = somebody();
    const command = new RegisterMember(frameAs('integrator'), info);
    const first = await house.run(command);
    await advance(house, 'P1M2D');
    expect(await house.run(command)).toEqual(first);
    await expect(house.run(new RegisterMember(command.frame, { ...info, name: '许一诺' }))).rejects.toEqual(
      code('REQUEST_ID_REUSED'),
    );
    const correction = new RequestCorrection(frameAs('integrator'), {
      memberId: first.memberId,
      changes: { name: '许一诺' },
    });
    const asked = await house.run(correction);
    await advance(house, 'P1M');
    expect(await house.run(correction)).toEqual(asked);
    await expect(house.run(command)).rejects.toEqual(code('CLAIM_TAKEN'));
    expect(await typesOf(house, memberStreamOf(first.memberId))).toEqual([
      'MemberRegistered',
      'CorrectionRequested',
      'CorrectionOverdue',
    ]);
  });

  it('a night that was missed is made good by one run', async () => {
    const memberId = await registerAt(house);
    await house.run(new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }));
    await house.clock.advanceTo(shifted(house.clock.now(), 5 * DAY));
    await house.reactor.settle();
    await house.reactor.settle();
    const upkeep = await typesOf(house, 'system.custody-keys');
    expect(upkeep.filter((type) => type === 'NightlyRunCompleted')).toHaveLength(1);
    const status = await house.ask(new GetErasureStatus(callerAs('integrator'), memberId));
    expect(status.state).toBe('final');
  });

  it('goes on with everything else where one thing fails, says so, and does not walk over it', async () => {
    const [broken, whole] = [await registerAt(house), await registerAt(house)];
    for (const memberId of [broken, whole])
      await house.run(
        new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }),
      );
    const faulty = await house.instance({
      custody: (custody) =>
        new Proxy(custody, {
          get: (target, name) => {
            if (name === 'destroy')
              return (request: Parameters<typeof target.destroy>[0]) =>
                request.subject === broken ? Promise.reject(new Error('out')) : target.destroy(request);
            const member: unknown = Reflect.get(target, name, target);
            return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
          },
        }),
    });
    await faulty.reactor.settle();
    expect(faulty.reactor.failures).toEqual([{ kind: 'erase', code: 'INTERNAL' }]);
    expect(await count(house, whole, 'MemberErased')).toBe(1);
    await expect(advance(faulty, 'P1D')).rejects.toEqual(code('INTERNAL'));
    await house.reactor.settle();
    expect(await count(house, broken, 'MemberErased')).toBe(1);
  });
});

describe('R072 the deadline is the pack’s', () => {
  it('12 hours in a copy of the pack are 12 hours', async () => {
    const house = await openHouse({ changes: { 'deadlines.correction.within': 'PT12H' } });
    try {
      const memberId = await registerAt(house);
      const before = house.clock.now();
      const { dueAt } = await askAt(house, memberId);
      expect(dueAt).toBe(shifted(before, DAY / 2));
      const stops = await advance(house, 'PT13H');
      expect(stops.map(({ stop }) => stop)).toEqual(['deadline', 'target']);
      expect(await count(house, memberId, 'CorrectionOverdue')).toBe(1);
    } finally {
      await house.drop();
    }
  });
});

describe('R078 what the law keeps', () => {
  it('is destroyed when its time ends, and its number is free again', async () => {
    const house = await openHouse({ changes: { 'categories.real-name.keep': 'P2D' } });
    try {
      const memberId = await registerAt(house);
      const before = await house.store.head();
      const frame = frameAs('integrator');
      const processing = { ...frame.processing, lawfulBasis: 'law', purposes: ['real-name'] };
      const data = { memberId, name: '许一诺', idNumber: '999999197001010017' };
      await house.run(new VerifyRealName({ ...frame, processing }, data));
      const found = [];
      for await (const batch of house.store.readAll(before)) found.push(...batch.events);
      const [verified] = found;
      // P2D from 1 July, kept to the end of 3 July, local: gone at the midnight that begins the 4th.
      await advance(house, 'PT71H');
      expect(await typesOf(house, verified!.stream)).toEqual(['RealNameVerified']);
      const stops = await advance(house, 'PT2H');
      expect(stops[0]).toEqual({ now: '1998-07-03T16:00:00.000Z', stop: 'deadline', fired: 1, done: false });
      expect(await typesOf(house, verified!.stream)).toEqual(['RealNameVerified', 'IdentityErased']);
      const subject = String(verified!.data['identityId']);
      expect((await house.custody.status({ tenant: 'car-club', subject })).kind).toBe('erased');
      expect(
        await house.custody.lookup('car-club', 'idNumber', data.idNumber, { includeOpen: true }),
      ).toBeNull();
      expect(await house.custody.unrecordedRestrictions('2100-01-01T00:00:00.000Z')).toEqual([]);
      await house.custody.compareWithLog(house.store, () => null);
    } finally {
      await house.drop();
    }
  });
});

describe('a real clock', () => {
  const realAt = (bornAt: string): StoreClock => ({
    kind: 'real',
    bornAt,
    now: () => new Date().toISOString(),
    advanceTo: () => Promise.reject(new Error('real')),
    refresh: () => Promise.resolve(),
  });

  const withClock = (house: House, clock: StoreClock) =>
    createReactor({ ...house.parts, clock, ports: { ...house.ports, clock } });

  it('is not walked', async () => {
    const house = await openHouse({ from: null });
    try {
      await expect(advance(house, 'PT1H')).rejects.toEqual(code('CLOCK_IS_REAL'));
    } finally {
      await house.drop();
    }
  });

  it('that has jumped pauses what runs by the clock, not what people asked for, until an operator confirms', async () => {
    const house = await openHouse({ from: null });
    try {
      const memberId = await registerAt(house);
      await house.run(
        new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories: [] }),
      );
      const reactor = withClock(house, realAt(shifted(new Date().toISOString(), -6 * DAY)));
      await reactor.settle();
      await reactor.settle();
      expect(reactor.paused).toBe(true);
      expect(await typesOf(house, 'system.custody-keys')).toEqual(['ClockJumpPaused']);
      expect(await count(house, memberId, 'MemberErased')).toBe(1);

      await reactor.confirmJump({ tenant: 'car-club' });
      await reactor.confirmJump({ tenant: 'car-club' });
      await reactor.settle();
      expect(reactor.paused).toBe(false);
      const upkeep = await typesOf(house, 'system.custody-keys');
      expect(upkeep.slice(0, 2)).toEqual(['ClockJumpPaused', 'ClockJumpConfirmed']);
      expect(upkeep.at(-1)).toBe('NightlyRunCompleted');
      expect(await count(house, memberId, 'ErasureFinal')).toBe(1);
    } finally {
      await house.drop();
    }
  });

  it('that ran on over as many days as the pack lets pass is not held up', async () => {
    const house = await openHouse({ from: null });
    try {
      const reactor = withClock(house, realAt(shifted(new Date().toISOString(), -2 * DAY)));
      await reactor.settle();
      expect(reactor.paused).toBe(false);
      expect(await typesOf(house, 'system.custody-keys')).toEqual(['NightlyRunCompleted']);
    } finally {
      await house.drop();
    }
  });
});
