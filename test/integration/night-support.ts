import { RecordBehaviours, RegisterMember, type BehaviourAnswer, type ClockStop } from '@lacuna/application';
import { readEvent, type StoredEvent } from '@lacuna/domain/catalogue';
import type { BehaviourCounted, NightCounted } from '@lacuna/domain/statistics';
import type { RecordedEvent } from '@lacuna/event-store';
import { frameAs, somebody, type House, type Instance } from './house.js';

export const DAY = 86_400_000;

export const shifted = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString();

/** An instant of the tenant's zone, `1998-07-01T23:00`. */
export const local = (time: string) => new Date(`${time}+08:00`).toISOString();

export const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

export const people = async (house: House, count: number): Promise<readonly string[]> => {
  const registered = await Promise.all(
    Array.from({ length: count }, () => house.run(new RegisterMember(frameAs('integrator'), somebody()))),
  );
  await house.reactor.settle();
  return registered.map(({ memberId }) => memberId);
};

export type Purchase = Readonly<{ memberId: string; occurred: string; units?: number; cents?: number }>;

let purchases = 0;

/** Purchases, each a record of its own; what was not taken in fails the test. */
export const purchase = async (
  house: Pick<Instance, 'run'>,
  ...bought: readonly Purchase[]
): Promise<readonly BehaviourAnswer[]> => {
  const records = bought.map(({ memberId, occurred, units = 1, cents = 1_000 }) => ({
    recordId: `purchase-${String(++purchases)}`,
    member: { memberId },
    kind: 'purchase',
    occurred,
    details: { units: String(units), amount: (cents / 100).toFixed(2) },
  }));
  const answers = await house.run(new RecordBehaviours(frameAs('integrator'), records));
  for (const answer of answers) if (answer.kind === 'refused') throw answer.error;
  return answers;
};

/** All of the log, or what it holds of one type. */
export const logOf = async ({ store }: Pick<Instance, 'store'>): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll(0n)) events.push(...batch.events);
  return events;
};

type Data = { [Event in StoredEvent as Event['type']]: Event['data'] };

export const dataOf = async <Type extends StoredEvent['type']>(
  house: Pick<Instance, 'store'>,
  type: Type,
  tenant = 'car-club',
): Promise<readonly Data[Type][]> =>
  (await logOf(house))
    .filter((one) => one.type === type && one.metadata.tenant === tenant)
    .map((one) => readEvent(one).data as Data[Type]);

export const cellsOf = (house: Pick<Instance, 'store'>): Promise<readonly BehaviourCounted['data'][]> =>
  dataOf(house, 'BehaviourCounted');

export const nightsOf = (house: Pick<Instance, 'store'>): Promise<readonly NightCounted['data'][]> =>
  dataOf(house, 'NightCounted');

export const totalsOf = async (house: Pick<Instance, 'store'>) => {
  const cells = await cellsOf(house);
  const total = (of: (cell: BehaviourCounted['data']) => number) =>
    cells.reduce((sum, cell) => sum + of(cell), 0);
  return {
    count: total((cell) => cell.count),
    units: total((cell) => cell.units),
    sum: total((cell) => cell.sum),
  };
};

/** Walks the clock on; what could not be done on the way fails the test. */
export const advance = async (instance: Instance, by: string): Promise<readonly ClockStop[]> => {
  const stops: ClockStop[] = [];
  for await (const stop of instance.reactor.advance({ tenant: 'car-club' }, by, new AbortController().signal))
    stops.push(stop);
  return stops;
};

/** The clock at an instant, with all that is due there done. */
export const settleAt = async (instance: Instance, at: string): Promise<void> => {
  await instance.clock.advanceTo(at);
  await instance.reactor.settle();
  expect(instance.reactor.failures).toEqual([]);
};
