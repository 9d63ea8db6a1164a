import { createReactor, describeDestruction, type Ports } from '@lacuna/application';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { StoreClock } from '@lacuna/runtime';
import { callerAs, openHouse, typesOf, type House } from './house.js';
import {
  advance,
  cellsOf,
  code,
  DAY,
  dataOf,
  local,
  logOf,
  nightsOf,
  people,
  purchase,
  settleAt,
  shifted,
} from './night-support.js';

const anonymised = (house: House) => dataOf(house, 'BehaviourDayAnonymised');
const swept = (house: House, tenant?: string) => dataOf(house, 'RetentionSwept', tenant);
const cite = 'R041 000§3.2';

describe('what the night ends', () => {
  let house: House;
  const houseFrom = async (from: string | null, changes = {}): Promise<House> =>
    (house = await openHouse({ from, changes }));

  afterEach(() => house.drop());

  it('R041 a day is gone an hour before its six months are over, and unrecoverable by then', async () => {
    await houseFrom(local('1998-07-01T00:00'));
    const [memberId = ''] = await people(house, 1);
    await purchase(house, { memberId, occurred: '1998-01-02' }, { memberId, occurred: '1998-01-03' });
    await settleAt(house, local('1998-07-01T22:59:59.999'));
    expect(await house.custody.livingScopes('car-club', 'behaviour')).toEqual(['1998-01-02', '1998-01-03']);
    const run = local('1998-07-01T23:00');
    await settleAt(house, run);
    expect(await house.custody.livingScopes('car-club', 'behaviour')).toEqual(['1998-01-03']);
    const ended = { category: 'behaviour', day: '1998-01-02', cite, destroyedAt: run, unrecoverableAt: run };
    expect(await anonymised(house)).toEqual([ended]);
    const [rotated] = (await dataOf(house, 'KeysRotated', 'system')).filter(
      ({ keyClass }) => keyClass === 'scope',
    );
    expect(rotated).toMatchObject({ unrecoverableAt: run });
    expect(rotated && rotated.destroyedBefore >= run).toBe(true);
    // From now on the day takes nothing in that could be kept about anybody.
    expect(await purchase(house, { memberId, occurred: '1998-01-02' })).toMatchObject([
      { kind: 'counted-only' },
    ]);
    await advance(house, 'P2D');
    expect((await anonymised(house)).map(({ day }) => day)).toEqual(['1998-01-02', '1998-01-03']);
  });

  it('E04 a start compares the days, months and activities of the log with custody’s keys', async () => {
    await houseFrom(local('1998-07-01T00:00'));
    const [memberId = ''] = await people(house, 1);
    await purchase(house, { memberId, occurred: '1998-01-02' }, { memberId, occurred: '1998-01-03' });
    await advance(house, 'P1D');
    const compare = () => house.custody.compareWithLog(house.store, describeDestruction);
    await compare();
    const [first] = (await logOf(house)).filter(({ type }) => type === 'BehaviourDayAnonymised');
    if (first === undefined) throw new Error('no day has ended');
    // As after a restore of an older custody: the log says that a day is gone whose key is there.
    const ended = { ...first, id: '00000000-0000-4000-8000-0000000000fe' };
    const data = { ...first.data, day: '1998-01-03' };
    const { id, type, schemaVersion, metadata, stream } = ended;
    const events = [{ id, type, schemaVersion, metadata, data }];
    await house.store.append({ stream, expected: 'any', events, now: house.clock.now() });
    await expect(compare()).rejects.toEqual(code('CUSTODY_BEHIND_LOG'));
  });

  it('R041 31 August ends with the last day of February, as 29 and 30 August do', async () => {
    await houseFrom(local('1998-08-28T12:00'));
    const [memberId = ''] = await people(house, 1);
    for (const day of ['1998-08-28', '1998-08-29', '1998-08-30', '1998-08-31']) {
      await purchase(house, { memberId, occurred: day });
      await advance(house, 'P1D');
    }
    await house.clock.advanceTo(local('1999-02-26T22:00'));
    await advance(house, 'PT2H');
    expect(await anonymised(house)).toEqual([]);
    await advance(house, 'P1D');
    const run = local('1999-02-27T23:00');
    expect((await anonymised(house)).map(({ day, destroyedAt }) => [day, destroyedAt])).toEqual([
      ['1998-08-28', run],
      ['1998-08-29', run],
      ['1998-08-30', run],
      ['1998-08-31', run],
    ]);
  });

  it('R041 with a pack of five months it is five months', async () => {
    await houseFrom(local('1998-07-01T00:00'), { 'categories.behaviour.ceiling': 'P5M' });
    const [memberId = ''] = await people(house, 1);
    const answers = await purchase(
      house,
      { memberId, occurred: '1998-02-01' },
      { memberId, occurred: '1998-02-02' },
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['counted-only', 'recorded']);
    await advance(house, 'P1D');
    expect((await anonymised(house)).map(({ day }) => day)).toEqual(['1998-02-02']);
  });

  it('R044 every nightly run leaves evidence of its sweep, for each organisation, also where nothing was due', async () => {
    await houseFrom(local('1998-07-01T00:00'));
    expect(await house.reactor.settle()).toEqual([]);
    expect(await swept(house)).toEqual([]);
    await advance(house, 'P2D');
    const sweeps = await swept(house);
    expect(sweeps.map(({ date }) => date)).toEqual(['1998-07-01', '1998-07-02']);
    expect((await swept(house, 'other-club')).map(({ date }) => date)).toEqual(['1998-07-01', '1998-07-02']);
    expect(sweeps[0]?.items).toEqual([
      { category: 'basic', cite: 'R040 000§3.2', through: null, ended: 0 },
      { category: 'real-name', cite: 'R078 000§6.3', through: null, ended: 0 },
      { category: 'behaviour', cite, through: '1998-01-02', ended: 0 },
      { category: 'activity', cite: 'R042 000§3.2', through: null, ended: 0 },
      expect.objectContaining({ category: 'audit', through: '1995-06', ended: 0 }),
    ]);
    const [memberId = ''] = await people(house, 1);
    await purchase(house, { memberId, occurred: '1998-01-04' }, { memberId, occurred: '1998-01-05' });
    await advance(house, 'P2D');
    const behaviour = (await swept(house)).map(({ items }) =>
      items.find((one) => one.category === 'behaviour'),
    );
    expect(behaviour.map((item) => [item?.through, item?.ended])).toEqual([
      ['1998-01-02', 0],
      ['1998-01-03', 0],
      ['1998-01-04', 1],
      ['1998-01-05', 1],
    ]);
  });

  it('R044 the record of reads ends with its month, three years later; then it shows nobody', async () => {
    await houseFrom(local('1998-06-30T12:00'));
    const [memberId = ''] = await people(house, 1);
    const read = (purpose = 'service') =>
      house.reads.recordRead({
        caller: callerAs('customer-service'),
        memberId,
        purpose,
        category: 'basic',
        fields: ['name'],
        action: 'read',
        rules: [],
        grants: [],
        asOf: null,
      });
    await read();
    await settleAt(house, local('1998-07-01T12:00'));
    await read();
    const subjects = async () => {
      const sealed = (await dataOf(house, 'PersonalDataRead')).map(({ subject }) => subject);
      return (await house.custody.unseal('car-club', sealed)).map(({ kind }) => kind);
    };
    expect(await subjects()).toEqual(['opened', 'opened']);
    await settleAt(house, local('2001-06-30T22:59:59'));
    expect(await subjects()).toEqual(['opened', 'opened']);
    await settleAt(house, local('2001-06-30T23:00'));
    expect(await subjects()).toEqual(['erased', 'opened']);
    expect(await dataOf(house, 'ReadRecordEnded')).toMatchObject([{ month: '1998-06' }]);
    await read();
    expect(await subjects()).toEqual(['erased', 'opened', 'opened']);
  });

  it('nights that were missed are one rotation; each is counted, each day has its event once', async () => {
    await houseFrom(local('1998-07-01T12:00'));
    const members = await people(house, 5);
    for (const [day, past] of [
      ['1998-07-01', '1998-01-02'],
      ['1998-07-02', '1998-01-03'],
      ['1998-07-03', '1998-01-05'],
    ] as const) {
      // Off: the hour comes and nothing runs.
      await house.clock.advanceTo(local(`${day}T12:00`));
      await purchase(
        house,
        ...members.flatMap((memberId) => [
          { memberId, occurred: day },
          { memberId, occurred: past },
        ]),
      );
    }
    await settleAt(house, local('1998-07-04T02:00'));
    await house.reactor.settle();
    expect((await nightsOf(house)).map(({ night }) => night)).toEqual([
      '1998-07-01',
      '1998-07-02',
      '1998-07-03',
    ]);
    expect((await cellsOf(house)).reduce((sum, { count }) => sum + count, 0)).toBe(30);
    expect((await anonymised(house)).map(({ day }) => day)).toEqual(['1998-01-02', '1998-01-03']);
    expect((await swept(house)).map(({ date }) => date)).toEqual(['1998-07-03']);
    const upkeep = await typesOf(house, 'system.custody-keys');
    expect(upkeep.filter((type) => type === 'NightlyRunCompleted')).toHaveLength(1);
    expect(upkeep.filter((type) => type === 'KeysRotated')).toHaveLength(1);
    expect(await house.custody.livingScopes('car-club', 'night')).toEqual([]);
    await advance(house, 'P1D');
    expect((await anonymised(house)).map(({ day }) => day)).toEqual([
      '1998-01-02',
      '1998-01-03',
      '1998-01-05',
    ]);
    expect((await swept(house)).map(({ date }) => date)).toEqual(['1998-07-03', '1998-07-04']);
  });

  it('R023 R044 a category that has no rule is loud at every settling, and hinders nothing else', async () => {
    await houseFrom(local('1998-07-01T12:00'));
    const [memberId = ''] = await people(house, 1);
    await purchase(house, { memberId, occurred: '1998-01-02' });
    const without = (pack: PolicyPack): PolicyPack => {
      const categories = new Map(pack.categories);
      categories.delete('audit');
      return { ...pack, categories };
    };
    const packs = new Map(
      [...house.ports.packs].map(([tenant, pack]) => [
        tenant,
        tenant === 'other-club' ? without(pack) : pack,
      ]),
    );
    const reactor = createReactor({ ...house.parts, ports: { ...house.ports, packs } });
    const unknown = [{ kind: 'retention', code: 'RETENTION_UNKNOWN' }];
    await reactor.settle();
    expect(reactor.failures).toEqual(unknown);
    await house.clock.advanceTo(local('1998-07-01T23:00'));
    await reactor.settle();
    expect(reactor.failures).toEqual(unknown);
    expect((await anonymised(house)).map(({ day }) => day)).toEqual(['1998-01-02']);
    expect(await swept(house, 'other-club')).toHaveLength(1);
    await reactor.settle();
    expect(reactor.failures).toEqual(unknown);
    expect(await typesOf(house, 'system.custody-keys')).toContain('NightlyRunCompleted');
  });

  it('A14 while a jump of a real clock is unconfirmed nothing is counted, nothing destroyed', async () => {
    await houseFrom(null);
    let now = local('1998-07-01T12:00');
    const clock: StoreClock = {
      kind: 'real',
      bornAt: now,
      now: () => now,
      advanceTo: () => Promise.reject(new Error('real')),
      refresh: () => Promise.resolve(),
    };
    const ports: Ports = { ...house.ports, clock };
    const reactor = createReactor({ ...house.parts, clock, ports });
    const { scope } = await scopedDay(house, now);
    now = shifted(now, 10 * DAY);
    await reactor.settle();
    expect(reactor.paused).toBe(true);
    expect(await house.custody.livingScopes('car-club', 'behaviour')).toEqual([scope]);
    expect([await swept(house), await nightsOf(house)]).toEqual([[], []]);
    await reactor.confirmJump({ tenant: 'car-club' });
    await reactor.settle();
    expect(reactor.failures).toEqual([]);
    expect(await house.custody.livingScopes('car-club', 'behaviour')).toEqual([]);
    expect((await anonymised(house)).map(({ day }) => day)).toEqual([scope]);
  });
});

/** A key of a day, made under a clock that the house itself does not run by. */
const scopedDay = async (house: House, now: string) => {
  const [subject = ''] = await people(house, 1);
  const day = { tenant: 'car-club', subject, category: 'behaviour', scope: '1998-01-03' };
  return house.custody.openScoped({ ...day, mint: true, now });
};
