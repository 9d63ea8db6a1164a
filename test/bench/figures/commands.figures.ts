import { ApplyCorrection, RegisterMember, RequestCorrection, type MemberInfo } from '@lacuna/application';
import { storedBytes } from '../house.js';
import { compareAll, throughput, type Comparison, type Load } from '../measure.js';
import { frameAs } from '../people.js';
import { scaled, type Bench, type FigureGroup } from './figure-group.js';

type Member = { memberId: string; correctionId: string };

const registering =
  ({ house }: Bench, members: Member[], people: readonly MemberInfo[]) =>
  async (index: number): Promise<void> => {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), people[index] ?? {}));
    members.push({ memberId, correctionId: '' });
  };

const requesting =
  ({ house }: Bench, members: readonly Member[], plates: readonly string[]) =>
  async (index: number): Promise<void> => {
    const member = members[index] as Member;
    const data = { memberId: member.memberId, changes: { plate: plates[index % plates.length] ?? '' } };
    const { correctionId } = await house.run(new RequestCorrection(frameAs('customer-service'), data));
    member.correctionId = correctionId;
  };

const applying =
  ({ house }: Bench, members: readonly Member[]) =>
  async (index: number): Promise<void> => {
    await house.run(new ApplyCorrection(frameAs('customer-service'), { ...(members[index] as Member) }));
  };

/** Claims are confirmed a little later, and many at once: that work belongs to the registrations. */
const confirmed =
  ({ house }: Bench) =>
  () =>
    house.ports.confirmations.flush();

/** Each round registers new members, asks for a correction of each, applies it; a floor stands before each of the three. */
const comparisons = (bench: Bench, load: Load, bytes: Readonly<Record<string, number>>): Comparison[] => {
  let members: Member[] = [];
  let people: Required<MemberInfo>[] = [];
  const floor = (type: string) => () => bench.inserts.perSecond(load, bytes[type] ?? 0);
  const floorName = (type: string): string =>
    `single-row inserts of ${String(bytes[type])} B at ${load.width} connections`;
  return [
    {
      name: `registrations, handler path, ${load.width} at once`,
      unit: '/s',
      floorName: floorName('MemberRegistered'),
      bar: { atLeast: 0.2, aim: 0.3 },
      floor: floor('MemberRegistered'),
      value: () => {
        members = [];
        people = Array.from({ length: load.count }, () => bench.people.next());
        return throughput(load, registering(bench, members, people), confirmed(bench));
      },
    },
    {
      name: `corrections, RequestCorrection, ${load.width} at once`,
      unit: '/s',
      floorName: floorName('CorrectionRequested'),
      bar: { atLeast: 0.35, aim: 0.5 },
      floor: floor('CorrectionRequested'),
      value: () => throughput(load, requesting(bench, members, people.map(({ plate }) => plate).reverse())),
    },
    {
      name: `corrections, ApplyCorrection, ${load.width} at once`,
      unit: '/s',
      floorName: floorName('InfoCorrected'),
      bar: { atLeast: 0.35, aim: 0.5 },
      floor: floor('InfoCorrected'),
      value: () => throughput(load, applying(bench, members)),
    },
  ];
};

/** Runs every path once before it is measured, and learns the size of what it leaves in the log. */
const warmUp = async (bench: Bench, load: Load): Promise<Readonly<Record<string, number>>> => {
  const warm = comparisons(bench, load, {});
  for (const { value } of warm) await value();
  const types = ['MemberRegistered', 'CorrectionRequested', 'InfoCorrected'];
  const sizes = await Promise.all(types.map((type) => storedBytes(bench.house.ownerUrl, type)));
  return Object.fromEntries(types.map((type, index) => [type, sizes[index] ?? 0]));
};

/** The bar's first two lines: corrections and registrations through the CommandBus, in process. */
export const commandFigures: FigureGroup = {
  name: 'commands',
  measure: async (bench) => {
    const load = { count: scaled(6_000, bench, 256), width: 64 };
    const bytes = await warmUp(bench, load);
    return compareAll(scaled(5, bench, 3), comparisons(bench, load, bytes));
  },
};
