import { AnnounceActivity, SignUp } from '@lacuna/application';
import { CHANGES_SCOPES, dying } from '../integration/faults.js';
import { eventsOf, frameAs, openHouse, typesOf, type House, type Instance } from '../integration/house.js';
import { local, people, settleAt, shifted } from '../integration/night-support.js';

const PLANNED_END = local('1998-07-20T18:00');
const GONE = local('1998-10-21T00:00');

describe('an activity that a crash falls into', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse({ from: local('1998-07-01T12:00') });
  });
  afterEach(() => house.drop());

  const announce = async () => {
    const data = { title: '夏季自驾', plannedEnd: PLANNED_END };
    return (await house.run(new AnnounceActivity(frameAs('activity-dept'), data))).activityId;
  };

  const signUpOf = (activityId: string, memberId: string, requestId: string) => {
    const frame = frameAs('integrator', requestId);
    const processing = { ...frame.processing, purposes: ['activity'] };
    return new SignUp({ ...frame, processing }, { activityId, member: { memberId }, details: {} });
  };

  const streamOf = (activityId: string) => `car-club.activity-${activityId}`;

  const participantsOf = async (activityId: string) =>
    (await eventsOf(house, streamOf(activityId))).flatMap(({ type, data }) =>
      type === 'ParticipantSignedUp' ? [String(data['participantId'])] : [],
    );

  const dyingInstance = async (at: number, when: 'before' | 'after') => {
    const death = dying(at, when, CHANGES_SCOPES);
    return { death, mortal: await house.instance(death) };
  };

  const dies = async (
    at: number,
    when: 'before' | 'after',
    act: (mortal: Instance) => Promise<unknown>,
  ): Promise<boolean> => {
    const { death, mortal } = await dyingInstance(at, when);
    await act(mortal).catch(() => undefined);
    await mortal.close();
    return death.isDead();
  };

  const holderOf = (participantId: string) =>
    house.custody.lookup('car-club', 'participant', participantId, { includeOpen: true });

  it.each(['before', 'after'] as const)(
    'R042 a sign-up that dies %s any of its steps is there once, or not at all, and the claim with it',
    async (when) => {
      const activityId = await announce();
      let step = 0;
      for (let died = true; died; step += 1) {
        const [memberId = ''] = await people(house, 1);
        const before = await participantsOf(activityId);
        const command = signUpOf(activityId, memberId, `${when} ${String(step)}`);
        died = await dies(step, when, (mortal) => mortal.run(command));
        // Left open for a minute, a claim is settled by what the log says.
        await settleAt(house, shifted(house.clock.now(), 60_001));
        const landed = (await participantsOf(activityId)).filter((id) => !before.includes(id));
        for (const id of landed) expect(await holderOf(id)).toBe(memberId);
        const { participantId } = await house.run(command);
        expect(await holderOf(participantId)).toBe(memberId);
        expect(await participantsOf(activityId)).toEqual([...before, participantId]);
        if (landed.length > 0) expect(landed).toEqual([participantId]);
        await house.ports.confirmations.flush();
      }
      expect(step).toBeGreaterThan(3);
      expect(await house.custody.openClaims(GONE)).toEqual([]);
    },
    120_000,
  );

  it.each(['before', 'after'] as const)(
    'R042 its end and its deletion, dying %s any step, are each written down once, and nobody is on the list',
    async (when) => {
      let step = 0;
      for (let died = true; died; step += 1) {
        const other = await openHouse({ from: local('1998-07-01T12:00') });
        try {
          const was = house;
          house = other;
          const activityId = await announce();
          const [memberId = ''] = await people(house, 1);
          const { participantId } = await house.run(signUpOf(activityId, memberId, 'sign'));
          await house.ports.confirmations.flush();
          await house.clock.advanceTo(GONE);
          died = await dies(step, when, (mortal) => mortal.reactor.settle());
          await house.reactor.settle();
          expect(house.reactor.failures).toEqual([]);
          expect(await typesOf(house, streamOf(activityId))).toEqual([
            'ActivityAnnounced',
            'ParticipantSignedUp',
            'ActivityEnded',
            'SignUpsDeleted',
          ]);
          expect(await holderOf(participantId)).toBeNull();
          expect(await house.custody.livingScopes('car-club', 'activity')).toEqual([]);
          house = was;
        } finally {
          await other.drop();
        }
      }
      expect(step).toBeGreaterThan(3);
    },
    240_000,
  );
});
