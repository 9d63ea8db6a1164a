import { CHANGES_SCOPES, dying, stalling } from '../integration/faults.js';
import { openHouse, type House, type Instance } from '../integration/house.js';
import {
  cellsOf,
  dataOf,
  DAY,
  local,
  logOf,
  nightsOf,
  people,
  purchase,
  settleAt,
  shifted,
  totalsOf,
  type Purchase,
} from '../integration/night-support.js';

const dayOf = (instant: string): string => shifted(instant, 8 * 3_600_000).slice(0, 10);

/** Each a distinct month, so that only `other` can show them, and what has waited with them. */
const MONTHS = ['1998-01-20', '1998-02-20', '1998-03-20', '1998-04-20', '1998-05-20'];

const once = (all: readonly string[]): void => {
  expect([...new Set(all)]).toHaveLength(all.length);
};

describe('a night that a crash falls into', () => {
  let house: House;
  let members: readonly string[] = [];
  let bought = { count: 0, units: 0, sum: 0 };

  beforeEach(async () => {
    bought = { count: 0, units: 0, sum: 0 };
    house = await openHouse({ from: local('1998-07-01T12:00') });
    members = await people(house, 5);
  });
  afterEach(() => house.drop());

  const buy = async (...purchases: readonly Purchase[]) => {
    await purchase(house, ...purchases);
    for (const { units = 1, cents = 1_000 } of purchases)
      bought = { count: bought.count + 1, units: bought.units + units, sum: bought.sum + cents };
  };

  /** Five that make a cell, two that must be carried on, one whose day ends tonight. */
  const aDay = async () => {
    const today = dayOf(house.clock.now());
    const [one = '', two = ''] = members;
    const ending = new Date(
      Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 7, Number(today.slice(8)) + 1),
    );
    await buy(
      ...members.map((memberId, index) => ({ memberId, occurred: today, units: index, cents: 100 + index })),
      { memberId: one, occurred: '1998-06-30', cents: 7 },
      { memberId: two, occurred: '1998-06-30', cents: 11 },
      { memberId: one, occurred: ending.toISOString().slice(0, 10), cents: 13 },
    );
  };

  const night = () => local(`${dayOf(house.clock.now())}T23:00`);

  const toNextNoon = () => house.clock.advanceTo(shifted(night(), 13 * 3_600_000));

  /** What waits below k goes with five people of no common month. */
  const flush = async () => {
    await buy(...members.map((memberId, index) => ({ memberId, occurred: MONTHS[index] ?? '' })));
    await settleAt(house, night());
  };

  const assertWhole = async (nights: number) => {
    expect(await totalsOf(house)).toEqual(bought);
    once((await nightsOf(house)).map((one) => one.night));
    expect(await nightsOf(house)).toHaveLength(nights);
    expect((await nightsOf(house)).at(-1)).toMatchObject({ remainder: false });
    once(
      (await cellsOf(house)).map(({ night: of, level, period, kind }) => `${of} ${level} ${period} ${kind}`),
    );
    once((await dataOf(house, 'BehaviourDayAnonymised')).map(({ day }) => day));
    for (const tenant of ['car-club', 'other-club'])
      once((await dataOf(house, 'RetentionSwept', tenant)).map(({ date }) => date));
    const runs = await dataOf(house, 'NightlyRunCompleted', 'system');
    once(runs.map(({ date }) => date));
    // Each night ended something, and says so, also where it was another process that rotated.
    expect(runs.filter(({ rotated }) => !rotated.includes('scope'))).toEqual([]);
    once(
      (await dataOf(house, 'KeysRotated', 'system')).map(
        ({ keyClass, epoch }) => `${keyClass} ${String(epoch)}`,
      ),
    );
    const ended = (
      await house.custody.destroyedScopes('car-club', 'behaviour', local('1998-07-01T00:00'))
    ).map(({ scope }) => scope);
    expect((await dataOf(house, 'BehaviourDayAnonymised')).map(({ day }) => day).sort()).toEqual(
      ended.sort(),
    );
    expect(await house.custody.livingScopes('car-club', 'night')).toEqual([]);
    for (const { night: of } of await nightsOf(house)) expect(await copiesAreDead(of)).toBe(true);
  };

  /** No key of a counted night is left to ask for. */
  const copiesAreDead = async (of: string): Promise<boolean> =>
    !(await house.custody.closeNights('car-club', of)).some((one) => one.night === of);

  const dieAt = async (step: number, when: 'before' | 'after'): Promise<Instance | null> => {
    const death = dying(step, when, CHANGES_SCOPES);
    const mortal = await house.instance(death);
    await mortal.reactor.settle().catch(() => undefined);
    return death.isDead() ? mortal : null;
  };

  it.each(['before', 'after'] as const)(
    'E02 dies %s each of its steps: each night counted once, totals exact, each day’s event once',
    async (when) => {
      let step = 0;
      for (let died = true; died; step += 1) {
        await aDay();
        await house.clock.advanceTo(night());
        const mortal = await dieAt(step, when);
        died = mortal !== null;
        await mortal?.close();
        await house.reactor.settle();
        expect(house.reactor.failures).toEqual([]);
        await toNextNoon();
      }
      expect(step).toBeGreaterThan(12);
      await flush();
      await assertWhole(step + 1);
    },
    240_000,
  );

  it('E02 dies, and is taken up only in the next night: what was carried is not carried twice', async () => {
    let step = 0;
    for (let died = true; died; step += 1) {
      await aDay();
      await house.clock.advanceTo(night());
      const mortal = await dieAt(step, 'after');
      died = mortal !== null;
      await mortal?.close();
      await toNextNoon();
      await aDay();
      await settleAt(house, night());
      await toNextNoon();
    }
    await flush();
    await assertWhole(2 * step + 1);
  }, 240_000);

  it('A08 two reactors in one night do it once', async () => {
    const twin = await house.instance();
    for (let round = 0; round < 5; round += 1) {
      await aDay();
      await house.clock.advanceTo(night());
      await twin.clock.refresh();
      await Promise.all([house.reactor.settle(), twin.reactor.settle()]);
      // Who came second may have met the first half-way; then it is told, and the next settling finds all done.
      await Promise.all([house.reactor.settle(), twin.reactor.settle()]);
      expect([...house.reactor.failures, ...twin.reactor.failures]).toEqual([]);
      await toNextNoon();
    }
    await flush();
    await assertWhole(6);
  }, 120_000);

  it.each(['KeysRotated', 'NightlyRunCompleted', 'BehaviourDayAnonymised', 'RetentionSwept'])(
    'A08 a reactor that stalls before it writes %s down, and goes on when another has: it stands there once',
    async (type) => {
      const stall = stalling(type);
      const slow = await house.instance(stall);
      await aDay();
      await house.clock.advanceTo(night());
      await slow.clock.refresh();
      const late = slow.reactor.settle();
      await stall.stalled;
      await house.reactor.settle();
      stall.go();
      await late;
      expect([...house.reactor.failures, ...slow.reactor.failures]).toEqual([]);
      const [run] = await dataOf(house, 'NightlyRunCompleted', 'system');
      expect(run).toMatchObject({ rotated: ['scope'] });
      await toNextNoon();
      await flush();
      await assertWhole(2);
    },
    120_000,
  );

  it('a copy that does not open stops its night alone, loudly, and is not left out of the totals', async () => {
    await aDay();
    const of = dayOf(house.clock.now());
    const [stranger = ''] = (await logOf(house))
      .filter(({ type }) => type === 'BehaviourRecorded')
      .map(({ id }) => id);
    const hold = await house.custody.holdNight('car-club', of, () => house.store.head());
    const foreign = hold.seal('copies', stranger, JSON.stringify([]));
    hold.release();
    const first = (await logOf(house)).find(({ type }) => type === 'BehaviourRecorded');
    if (first === undefined) throw new Error('nothing was recorded');
    await house.store.append({
      stream: `car-club.night-${of}`,
      expected: 'any',
      events: [
        {
          id: '00000000-0000-4000-8000-0000000000ff',
          type: 'BehavioursCountedOnly',
          schemaVersion: 1,
          // Sealed for another event: no key of the night opens it here.
          data: { night: of, copies: foreign },
          metadata: first.metadata,
        },
      ],
      now: house.clock.now(),
    });
    await house.clock.advanceTo(night());
    const loud = [{ kind: 'statistics', code: 'NIGHT_COPY_UNREADABLE' }];
    await house.reactor.settle();
    expect(house.reactor.failures).toEqual(loud);
    expect(await nightsOf(house)).toEqual([]);
    expect(await house.custody.livingScopes('car-club', 'night')).toEqual([of]);
    // Everything else of the night is done, and it stays loud.
    expect(await dataOf(house, 'BehaviourDayAnonymised')).toHaveLength(1);
    expect(await dataOf(house, 'NightlyRunCompleted', 'system')).toHaveLength(1);
    await house.clock.advanceTo(shifted(house.clock.now(), DAY));
    await house.reactor.settle();
    expect(house.reactor.failures).toEqual(loud);
    expect((await dataOf(house, 'RetentionSwept')).map(({ date }) => date)).toHaveLength(2);
  });
});
