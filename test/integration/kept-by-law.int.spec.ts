import {
  AnnounceActivity,
  RequestErasure,
  SignUp,
  VerifyRealName,
  type RequestFrame,
} from '@lacuna/application';
import type { Sealed } from '@lacuna/domain/kernel';
import { localDate } from '@lacuna/domain/policy';
import { frameAs, openHouse, type House } from './house.js';
import { advance, code, local, logOf, people, purchase } from './night-support.js';

const TENANT = 'car-club';

const framed = (role: string, lawfulBasis: string, purpose: string): RequestFrame => {
  const frame = frameAs(role);
  return { ...frame, processing: { ...frame.processing, lawfulBasis, purposes: [purpose] } };
};

describe('E10 where the law keeps a category', () => {
  let house: House;
  let memberId: string;
  let participantId: string;
  let today: string;

  beforeAll(async () => {
    house = await openHouse();
    [memberId = ''] = await people(house, 1);
    today = localDate(house.clock.now(), 'Asia/Shanghai');
    await house.run(
      new VerifyRealName(framed('integrator', 'law', 'real-name'), {
        memberId,
        name: '许一诺',
        idNumber: '999999197001010017',
      }),
    );
    await purchase(house, { memberId, occurred: today });
    const announced = { title: 'drive', plannedEnd: local('1998-08-01T18:00') };
    const { activityId } = await house.run(
      new AnnounceActivity(framed('activity-dept', 'contract', 'activity'), announced),
    );
    const signUp = { activityId, member: { memberId }, details: {} };
    ({ participantId } = await house.run(new SignUp(framed('integrator', 'contract', 'activity'), signUp)));
    await house.ports.confirmations.flush();
  });
  afterAll(() => house.drop());

  const erase = (categories: readonly string[]) =>
    house.run(new RequestErasure(frameAs('integrator'), { memberId, reason: 'exit', categories }));
  const days = () => house.custody.openScopes({ tenant: TENANT, subject: memberId }, 'behaviour', [today]);

  it('E10 R078 refuses that category with its clause, and touches nothing', async () => {
    await expect(erase(['behaviour', 'real-name'])).rejects.toMatchObject({
      code: 'ERASURE_RETAINED_BY_LAW',
      violations: [{ field: 'real-name', rule: 'R078 000§6.3' }],
    });
    expect(await days()).toHaveLength(1);
    expect(await house.custody.lookup(TENANT, 'participant', participantId)).toBe(memberId);
  });

  it('E10 R047 R077 forgets all the rest: what they did, and where they signed up', async () => {
    const identities = (await logOf(house)).filter(({ type }) => type === 'RealNameVerified');
    await erase([]);
    await house.reactor.settle();
    const started = (await logOf(house)).find(({ type }) => type === 'ErasureStarted');
    const items = started?.data['items'] as readonly Readonly<{ category: string; outcome: string }>[];
    expect(items.map(({ category, outcome }) => `${category} ${outcome}`)).toEqual([
      'basic erase',
      'real-name retain',
      'behaviour anonymise',
      'activity erase',
      'audit retain',
    ]);
    await expect(days()).rejects.toEqual(code('SUBJECT_ERASED'));
    expect(await house.custody.lookup(TENANT, 'participant', participantId)).toBeNull();
    const [kept] = await house.custody.unseal(TENANT, [identities[0]?.data['idNumber'] as Sealed]);
    expect(kept?.kind).toBe('opened');
    await advance(house, 'PT24H');
    await expect(days()).rejects.toEqual(code('SUBJECT_ERASED'));
    expect((await house.custody.unseal(TENANT, [identities[0]?.data['idNumber'] as Sealed]))[0]?.kind).toBe(
      'opened',
    );
  });
});
