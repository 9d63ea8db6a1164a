import { RegisterMember } from '@lacuna/application';
import { compareAll, milliseconds, throughput } from '../measure.js';
import { frameAs, TENANT } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

const VALUES_PER_EVENT = 10;

/** A member of whom so many values stand sealed in the log, under one key, restricted and ready to be erased. */
const memberWith = async ({ house, people }: Bench, values: number): Promise<string> => {
  const { store, custody } = house;
  const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people.next()));
  const stream = `${TENANT}.member-${memberId}`;
  const [registered] = (await store.readStream(stream)).events;
  if (registered === undefined) throw new Error('a registration left no event');
  const now = new Date().toISOString();
  const writer = await custody.open({
    tenant: TENANT,
    subject: memberId,
    categories: ['basic'],
    mint: 'none',
    now,
  });
  const count = Math.ceil(values / VALUES_PER_EVENT);
  const events = Array.from({ length: count }, () => {
    const id = crypto.randomUUID();
    const fields = Array.from({ length: VALUES_PER_EVENT }, (_, index) => `field${index}`);
    const changes = Object.fromEntries(
      fields.map((field) => [field, writer.seal('basic', field, id, 'a value of some length')]),
    );
    return { ...registered, id, type: 'InfoCorrected', data: { memberId, correctionId: id, changes } };
  });
  for (let from = 0; from < count; from += 100) {
    const part = events.slice(from, from + 100);
    await store.append({ stream, expected: 'any', events: part, now });
  }
  await custody.restrict({ tenant: TENANT, subject: memberId }, { erasureId: memberId }, now);
  return memberId;
};

/** Custody's destroying transaction, as the erasure process calls it. */
const destroying =
  ({ house }: Bench, memberId: string) =>
  (): Promise<unknown> =>
    house.custody.destroy({
      tenant: TENANT,
      subject: memberId,
      categories: ['basic'],
      derived: [{ category: 'real-name', label: 'real-name' }],
      now: new Date().toISOString(),
    });

/** The bar's last line: forgetting costs the same however much there is to forget. */
export const destructionFigures: FigureGroup = {
  name: 'destruction',
  measure: async (bench) => {
    const rounds = scaled(15, bench, 3);
    const waiting = { few: [] as string[], many: [] as string[] };
    for (let made = 0; made < rounds + 2; made += 1) {
      waiting.few.push(await memberWith(bench, 10));
      waiting.many.push(await memberWith(bench, 10_000));
    }
    const destroyNext = (from: string[]) => () => milliseconds(destroying(bench, from.pop() ?? ''));
    await throughput({ count: 2, width: 1 }, destroyNext(waiting.few));
    await throughput({ count: 2, width: 1 }, destroyNext(waiting.many));
    return compareAll(rounds, [
      {
        name: 'destroying a member with 10,000 sealed values',
        unit: 'ms',
        floorName: 'destroying one with 10',
        bar: { atMost: 1.5 },
        floor: destroyNext(waiting.few),
        value: destroyNext(waiting.many),
      },
    ]);
  },
};
