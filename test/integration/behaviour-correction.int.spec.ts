import { CorrectBehaviour, type RequestFrame } from '@lacuna/application';
import { dayOf, handleIn, purchaseOf, record } from './behaviour-support.js';
import { frameAs, openHouse, type House, type Instance } from './house.js';
import { advance, code, local, people, settleAt, totalsOf } from './night-support.js';

const DAY = '1998-06-30';

describe('correcting a behaviour', () => {
  let house: House;
  let members: readonly string[];

  beforeEach(async () => {
    house = await openHouse();
    members = await people(house, 5);
  });
  afterEach(() => house.drop());

  const correct = (
    memberId: string,
    behaviourId: string,
    details: Readonly<Record<string, string>>,
    { frame = frameAs('integrator'), by = house }: { frame?: RequestFrame; by?: Pick<Instance, 'run'> } = {},
  ) => by.run(new CorrectBehaviour(frame, { memberId, behaviourId, details }));

  /** One purchase of 2 units and 11.77 by each member, so that the day may be shown. */
  const boughtByAll = async (): Promise<readonly string[]> =>
    (await record(house, ...members.map((memberId) => purchaseOf(memberId)))).map(handleIn);

  it('R041 stands behind it in the same day; the statistics show what was right at last', async () => {
    const [memberId = ''] = members;
    const [handle = ''] = await boughtByAll();
    await correct(memberId, handle, { units: '5', amount: '1.00' });
    await correct(memberId, handle, { units: '1', amount: '2.00', place: '上海' });
    const standing = await dayOf(house, memberId, DAY);
    expect(standing.map(({ body }) => [body.what, body.details.units])).toEqual([
      ['recorded', 2],
      ['corrected', 5],
      ['corrected', 1],
    ]);
    expect(standing[2]).toMatchObject({
      event: { type: 'BehaviourRecorded', data: { day: DAY }, metadata: { actor: { id: 'sealed' } } },
      body: { of: handle, kind: 'purchase', frame: { actor: { role: 'integrator' } } },
    });
    await settleAt(house, local('1998-07-01T23:00'));
    expect(await totalsOf(house)).toEqual({ count: 5, units: 9, sum: 4 * 1177 + 200 });
    // The next night shows only what has changed since, below zero where it must.
    await Promise.all(
      members.map(async (one) => {
        const [own] = await dayOf(house, one, DAY);
        expect(own).toBeDefined();
      }),
    );
  });

  it('a correction of a later night changes the sums by its difference alone', async () => {
    const handles = await boughtByAll();
    await advance(house, 'P1D');
    for (const [index, memberId] of members.entries())
      await correct(memberId, handles[index] ?? '', { units: '1', amount: '1.77' });
    await advance(house, 'P1D');
    expect(await totalsOf(house)).toEqual({ count: 5, units: 5, sum: 5 * 177 });
  });

  it('two at once, from two processes: none is lost and the sums are right', async () => {
    const [memberId = ''] = members;
    const [handle = ''] = await boughtByAll();
    const twin = await house.instance();
    const results = await Promise.allSettled(
      [3, 4, 6, 7].map((units, index) =>
        correct(memberId, handle, { units: String(units), amount: '1.00' }, { by: index % 2 ? twin : house }),
      ),
    );
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    expect(done).toBeGreaterThan(0);
    for (const one of results)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'REVISION_CONFLICT' });
    const standing = await dayOf(house, memberId, DAY);
    expect(standing).toHaveLength(1 + done);
    await settleAt(house, local('1998-07-01T23:00'));
    const last = standing.at(-1)!.body.details;
    expect(await totalsOf(house)).toEqual({ count: 5, units: 8 + last.units, sum: 4 * 1177 + last.amount });
  });

  it('a retry is known, with another payload refused', async () => {
    const [memberId = ''] = members;
    const [handle = ''] = await boughtByAll();
    const frame = frameAs('integrator');
    await correct(memberId, handle, { units: '5', amount: '1.00' }, { frame });
    await correct(memberId, handle, { units: '9', amount: '1.00' });
    await correct(memberId, handle, { units: '5', amount: '1.00' }, { frame });
    await expect(correct(memberId, handle, { units: '6', amount: '1.00' }, { frame })).rejects.toEqual(
      code('REQUEST_ID_REUSED'),
    );
    expect(await dayOf(house, memberId, DAY)).toHaveLength(3);
  });

  it('finds only the member’s own, and what is right by its form', async () => {
    const [memberId = '', other = ''] = members;
    const [handle = ''] = await boughtByAll();
    const right = { units: '1', amount: '1.00' };
    const unknown = `${DAY}.00000000-0000-8000-8000-000000000000`;
    for (const [who, what] of [
      [other, handle],
      [memberId, unknown],
      [memberId, handle.replace(DAY, '1998-06-29')],
      [memberId, 'nothing'],
    ] as const)
      await expect(correct(who, what, right)).rejects.toEqual(code('BEHAVIOUR_NOT_FOUND'));
    await expect(correct('00000000-0000-4000-8000-000000000000', handle, right)).rejects.toEqual(
      code('MEMBER_NOT_FOUND'),
    );
    await expect(correct(memberId, handle, { units: '1' })).rejects.toEqual(code('FIELD_INVALID'));
    for (const role of ['customer-service', 'management'])
      await expect(correct(memberId, handle, right, { frame: frameAs(role) })).rejects.toEqual(
        code('POLICY_DENIED'),
      );
    expect(await dayOf(house, memberId, DAY)).toHaveLength(1);
  });

  it('R041 is refused as anonymised from the run on that ends the day', async () => {
    const [memberId = ''] = members;
    // Its six months are over with this day, which began nine hours ago: the run at 23:00 ends it.
    const [answer] = await record(house, purchaseOf(memberId, { occurred: '1998-01-02' }));
    const handle = handleIn(answer);
    const right = { units: '1', amount: '1.00' };
    await house.clock.advanceTo(local('1998-07-01T22:59:59'));
    await correct(memberId, handle, right);
    await settleAt(house, local('1998-07-01T23:00'));
    await expect(correct(memberId, handle, right)).rejects.toEqual(code('BEHAVIOUR_ANONYMISED'));
  });
});
