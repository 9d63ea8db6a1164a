import { ApplyCorrection, RegisterMember, RequestCorrection } from '@lacuna/application';
import { Death, dying, stalling } from './faults.js';
import {
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
const later = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString();

describe('one value, one holder', () => {
  let house: House;

  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.drop());

  const registerAt = (instance: Instance, info = somebody()) =>
    instance.run(new RegisterMember(frameAs('integrator'), info));

  const holderOf = (value: string) =>
    house.custody.lookup('car-club', 'mobile', value, { includeOpen: true });

  const askFor = async (memberId: string, mobile: string) =>
    (await house.run(new RequestCorrection(frameAs('integrator'), { memberId, changes: { mobile } })))
      .correctionId;

  const apply = (memberId: string, correctionId: string) =>
    new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId });

  it('two instances that register one telephone at once: exactly one has it', async () => {
    const twin = await house.instance();
    for (let round = 0; round < 5; round += 1) {
      const { mobile } = somebody();
      const settled = await Promise.allSettled(
        [house, twin, house, twin].map((one) => registerAt(one, { ...somebody(), mobile })),
      );
      const won = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(won).toHaveLength(1);
      for (const one of settled)
        if (one.status === 'rejected')
          expect(['CLAIM_TAKEN', 'CLAIM_CONTESTED']).toContain((one.reason as { code: string }).code);
      expect(await holderOf(mobile)).toBe(won[0]!.memberId);
    }
  });

  it('one stalls for a minute between claim and append: another settles it, and the stalled one is refused', async () => {
    const { mobile } = somebody();
    const stall = stalling('MemberRegistered');
    const slow = await house.instance(stall);
    const stalled = registerAt(slow, { ...somebody(), mobile });
    const refused = expect(stalled).rejects.toEqual(code('CLAIM_TAKEN'));
    await stall.stalled;
    await house.clock.advanceTo(later(house.clock.now(), 60_000));
    const { memberId } = await registerAt(house, { ...somebody(), mobile });
    stall.go();
    await refused;
    expect(await holderOf(mobile)).toBe(memberId);
  });

  it('a stalled one whose value nobody else wants in the end has it, after what settled it', async () => {
    const { mobile } = somebody();
    const stall = stalling('MemberRegistered');
    const slow = await house.instance(stall);
    const stalled = registerAt(slow, { ...somebody(), mobile });
    await stall.stalled;
    // The other one settles the claim, and is then refused for something else.
    const taken = somebody();
    await registerAt(house, taken);
    await expect(registerAt(house, { ...taken, mobile })).rejects.toMatchObject({ code: 'CLAIM_TAKEN' });
    stall.go();
    const { memberId } = await stalled;
    expect(await holderOf(mobile)).toBe(memberId);
    expect(await typesOf(house, memberStreamOf(memberId))).toEqual(['ClaimAbandoned', 'MemberRegistered']);
  });

  it('one that dies after its append keeps its value: the log says who was first', async () => {
    const { mobile } = somebody();
    const death = dying(1, 'after'); // 0: open, 1: append
    const mortal = await house.instance(death);
    await expect(registerAt(mortal, { ...somebody(), mobile })).rejects.toBeInstanceOf(Death);
    await expect(registerAt(house, { ...somebody(), mobile })).rejects.toEqual(code('CLAIM_TAKEN'));
    expect(await house.custody.lookup('car-club', 'mobile', mobile)).not.toBeNull();
  });

  it('one that dies before its append leaves a claim that the reactor gives up after a minute', async () => {
    const { mobile } = somebody();
    const mortal = await house.instance(dying(1, 'before'));
    const frame = frameAs('integrator');
    const info = { ...somebody(), mobile };
    await expect(mortal.run(new RegisterMember(frame, info))).rejects.toBeInstanceOf(Death);
    await house.reactor.settle();
    expect(await holderOf(mobile)).not.toBeNull();
    await house.clock.advanceTo(later(house.clock.now(), 60_001));
    const fired = await house.reactor.settle();
    expect(fired).toContainEqual({ kind: 'open-claim' });
    expect(await holderOf(mobile)).toBeNull();
    const { memberId } = await house.run(new RegisterMember(frame, info));
    expect(await typesOf(house, memberStreamOf(memberId))).toEqual(['ClaimAbandoned', 'MemberRegistered']);
  });

  it('a correction that stalls between claim and append loses its value to whoever settles it', async () => {
    const before = somebody();
    const { memberId } = await registerAt(house, before);
    const { mobile } = somebody();
    const correctionId = await askFor(memberId, mobile);
    const stall = stalling('InfoCorrected');
    const slow = await house.instance(stall);
    const stalled = slow.run(apply(memberId, correctionId));
    const refused = expect(stalled).rejects.toEqual(code('CLAIM_TAKEN'));
    await stall.stalled;
    const other = await registerAt(house, { ...somebody(), mobile });
    stall.go();
    await refused;
    expect(await holderOf(mobile)).toBe(other.memberId);
    expect(await holderOf(before.mobile)).toBe(memberId);
    expect(await typesOf(house, memberStreamOf(memberId))).not.toContain('InfoCorrected');
  });

  it.each([2, 3, 4])(
    'a correction that dies at step %i after its claim: in the end one value, one claim',
    async (at) => {
      const before = somebody();
      const { memberId } = await registerAt(house, before);
      const { mobile } = somebody();
      const correctionId = await askFor(memberId, mobile);
      const mortal = await house.instance(dying(at, 'after')); // 0: keys, 1: claim, 2: append, 3: confirm, 4: release
      await mortal.run(apply(memberId, correctionId)).catch(() => undefined);
      await house.reactor.settle();
      expect(house.reactor.failures).toEqual([]);
      expect(await house.custody.lookup('car-club', 'mobile', mobile)).toBe(memberId);
      expect(await holderOf(before.mobile)).toBeNull();
      expect((await eventsOf(house, memberStreamOf(memberId))).map(({ type }) => type)).toEqual([
        'MemberRegistered',
        'CorrectionRequested',
        'InfoCorrected',
      ]);
    },
  );
});
