import { RegisterMember, RequestCorrection } from '@lacuna/application';
import { overdueDeadlines } from '../../apps/host/src/telemetry/overdue-deadlines.js';
import { frameAs, openHouse, somebody, type House } from './house.js';

const shifted = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.drop());

it('R072 shows a correction that stands as open, and as overdue where nothing happened when its time had passed', async () => {
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
  const wanted = { memberId, changes: { name: '许一诺' } };
  const { dueAt } = await house.run(new RequestCorrection(frameAs('integrator'), wanted));
  await house.queries.waitUntil('deadlines', await house.store.head());
  const correction = async () => {
    const { pool, clock, ports } = house;
    const figures = await overdueDeadlines({ pool, clock, packs: ports.packs });
    return figures.find(({ kind }) => kind === 'correction');
  };
  expect(await correction()).toEqual({ kind: 'correction', open: 1, overdue: 0 });
  await house.clock.advanceTo(shifted(dueAt, 60_000));
  expect(await correction()).toMatchObject({ overdue: 0 });
  // Nobody has settled: what should have happened minutes ago has not.
  await house.clock.advanceTo(shifted(dueAt, 180_000));
  expect(await correction()).toEqual({ kind: 'correction', open: 1, overdue: 1 });
  // Settled, it is written down once that the time was missed; it stays so until somebody corrects.
  await house.reactor.settle();
  await house.queries.waitUntil('deadlines', await house.store.head());
  expect(await correction()).toEqual({ kind: 'correction', open: 0, overdue: 1 });
});
