import { createReactor } from '@lacuna/application';
import type { StoreClock } from '@lacuna/runtime';
import { dying } from './faults.js';
import { openHouse, type House } from './house.js';
import {
  advance,
  cellsOf,
  DAY,
  dataOf,
  local,
  logOf,
  nightsOf,
  people,
  purchase,
  settleAt,
  shifted,
  totalsOf,
} from './night-support.js';

describe('the statistics of a night', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.drop());

  it('R046 R050 counts what was recorded that day, live and late alike, in the night', async () => {
    const [first = '', ...others] = await people(house, 5);
    const answers = await purchase(
      house,
      { memberId: first, occurred: '1998-07-01', units: 2, cents: 1_177 },
      ...others.map((memberId) => ({ memberId, occurred: '1998-07-01' })),
      // Its window closed half a day ago.
      ...[first, ...others].map((memberId) => ({ memberId, occurred: '1998-01-01', units: 3, cents: 1 })),
    );
    expect(answers.map(({ kind }) => kind)).toEqual([
      ...Array<string>(5).fill('recorded'),
      ...Array<string>(5).fill('counted-only'),
    ]);
    expect(await cellsOf(house)).toEqual([]);
    await settleAt(house, local('1998-07-01T22:59:59.999'));
    expect(await cellsOf(house)).toEqual([]);
    await settleAt(house, local('1998-07-01T23:00'));
    const night = '1998-07-01';
    const cell = { night, level: 'day', kind: 'purchase', people: 5, count: 5 };
    expect(await cellsOf(house)).toEqual([
      { ...cell, period: '1998-01-01', units: 15, sum: 5 },
      { ...cell, period: '1998-07-01', units: 6, sum: 5_177 },
    ]);
    expect(await nightsOf(house)).toEqual([{ night, rows: 10, cells: 2, remainder: false }]);
    expect(await house.custody.livingScopes('car-club', 'night')).toEqual([]);
  });

  it('R046 carries fewer than k into the next night, and on, until enough are there; totals stay exact', async () => {
    const members = await people(house, 5);
    const four = members.slice(0, 4).map((memberId) => ({ memberId, occurred: '1998-07-01', cents: 101 }));
    await purchase(house, ...four);
    await advance(house, 'P1D');
    expect(await totalsOf(house)).toEqual({ count: 0, units: 0, sum: 0 });
    // The same four again: two nights know them by other names, and two times four people are not eight.
    await purchase(house, ...four.map((one) => ({ ...one, occurred: '1998-07-02' })));
    await advance(house, 'P1D');
    expect(await nightsOf(house)).toEqual([
      { night: '1998-07-01', rows: 0, cells: 0, remainder: true },
      { night: '1998-07-02', rows: 0, cells: 0, remainder: true },
    ]);
    await purchase(house, ...members.map((memberId) => ({ memberId, occurred: '1998-07-03' })));
    await advance(house, 'P1D');
    const cells = await cellsOf(house);
    expect(cells).toHaveLength(1);
    expect(cells[0]).toMatchObject({ level: 'day', period: '1998-07-03', people: 5, count: 5 });
    // Five of this night over four days: no day shows them, the month does, and with them those that waited.
    await purchase(
      house,
      ...members.map((memberId, index) => ({ memberId, occurred: `1998-07-0${String((index % 4) + 1)}` })),
    );
    await advance(house, 'P1D');
    expect(await totalsOf(house)).toEqual({ count: 18, units: 18, sum: 10_000 + 8 * 101 });
    expect(await nightsOf(house)).toHaveLength(4);
    expect((await nightsOf(house)).at(-1)).toMatchObject({ remainder: false });
    expect(await house.custody.livingScopes('car-club', 'night')).toEqual([]);
  });

  it('a night in which nothing was recorded leaves nothing', async () => {
    await people(house, 1);
    await advance(house, 'P3D');
    expect((await logOf(house)).filter(({ type }) => type.includes('Counted'))).toEqual([]);
  });

  it('A14 with the real clock the past is counted only, and no key was ever made for any of its days', async () => {
    const real = await openHouse({ from: null });
    try {
      const members = await people(real, 5);
      const answers = await purchase(
        real,
        ...members.flatMap((memberId) => [
          { memberId, occurred: '1998-01-02' },
          { memberId, occurred: '1998-06-30T23:30:00+08:00' },
        ]),
      );
      expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['counted-only']));
      expect(await real.custody.livingScopes('car-club', 'behaviour')).toEqual([]);
      const tomorrow = shifted(real.clock.now(), DAY);
      const clock: StoreClock = {
        ...real.clock,
        kind: 'real',
        bornAt: real.clock.bornAt,
        now: () => tomorrow,
      };
      const reactor = createReactor({ ...real.parts, clock, ports: { ...real.ports, clock } });
      await reactor.settle();
      expect(reactor.failures).toEqual([]);
      expect((await cellsOf(real)).map(({ period, count }) => [period, count])).toEqual([
        ['1998-01-02', 5],
        ['1998-06-30', 5],
      ]);
      expect(await real.custody.destroyedScopes('car-club', 'behaviour', real.clock.bornAt)).toEqual([]);
      expect(await dataOf(real, 'BehaviourDayAnonymised')).toEqual([]);
    } finally {
      await real.drop();
    }
  });

  it('what was counted otherwise before a crash stops the night instead of adding two halves up', async () => {
    const members = await people(house, 5);
    await purchase(house, ...members.map((memberId) => ({ memberId, occurred: '1998-07-01' })));
    const dead = await house.instance(dying(1, 'after', ['closeNights'])); // 0: closed, 1: the cells
    await house.clock.advanceTo(local('1998-07-01T23:00'));
    await dead.clock.refresh();
    await dead.reactor.settle().catch(() => undefined);
    await dead.close();
    expect(await nightsOf(house)).toHaveLength(1);
    const packs = new Map(
      [...house.ports.packs].map(([tenant, pack]) => [
        tenant,
        { ...pack, statistics: { ...pack.statistics, k: 6 } },
      ]),
    );
    const other = createReactor({ ...house.parts, ports: { ...house.ports, packs } });
    await other.settle();
    expect(other.failures).toEqual([{ kind: 'statistics', code: 'NIGHT_DIVERGED' }]);
    await house.reactor.settle();
    expect(house.reactor.failures).toEqual([]);
    expect(await totalsOf(house)).toMatchObject({ count: 5 });
    expect(await house.custody.livingScopes('car-club', 'night')).toEqual([]);
  });
});
