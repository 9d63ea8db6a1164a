import { jest } from '@jest/globals';
import fc from 'fast-check';
import {
  AnnounceActivity,
  ApplyCorrection,
  EndActivity,
  RecordBehaviours,
  RegisterMember,
  RequestCorrection,
  RequestErasure,
  SignUp,
  type RequestFrame,
} from '@lacuna/application';
import type { Custody, ScopedKeys } from '@lacuna/custody';
import { isSealed, LacunaError } from '@lacuna/domain/kernel';
import { localDate } from '@lacuna/domain/policy';
import { allProjections, memberDirectory, replay, type Projection } from '@lacuna/projections';
import { frameAs, memberStreamOf, openHouse, somebody, type House } from './house.js';
import { DAY, logOf, shifted } from './night-support.js';

jest.setTimeout(300_000);

const TENANT = 'car-club';
const ZONE = 'Asia/Shanghai';
const HALF_A_YEAR_MS = 185 * DAY;

/** What a history may hold: a step, and a number that chooses whom or what it is about. */
const STEPS = [
  'register',
  'correct',
  'record',
  'announce',
  'sign-up',
  'end',
  'night',
  'half-year',
  'erase',
  'mark',
] as const;
type Step = Readonly<{ step: (typeof STEPS)[number]; choice: number }>;

const history = fc.array(
  fc.record({
    step: fc.constantFrom(
      ...STEPS,
      ...(['register', 'register', 'record', 'record', 'record', 'mark'] as const),
    ),
    choice: fc.nat(1_000),
  }),
  { minLength: 14, maxLength: 32 },
);

type Mark = Readonly<{ position: bigint; digests: readonly string[] }>;
type Life = {
  members: string[];
  erased: Set<string>;
  activities: string[];
  marks: Mark[];
  days: Set<string>;
};

const pick = <Item>(items: readonly Item[], choice: number): Item | undefined => items[choice % items.length];

const framed = (role: string, purpose: string): RequestFrame => {
  const frame = frameAs(role);
  return { ...frame, processing: { ...frame.processing, purposes: [purpose] } };
};

/** What is replayed; `prepare`: what a defective projector looks up beside the log first. */
type Watched = Readonly<{ projections: readonly Projection[]; prepare?: (house: House) => Promise<void> }>;
const all: Watched = { projections: allProjections };

const digestsAt = async (house: House, position: bigint, { projections, prepare }: Watched) => {
  const { store, database } = house;
  await prepare?.(house);
  const report = await replay({ store, databaseUrl: database.runtimeUrl, asOf: { position }, projections });
  return report.views.map(({ name, digest, rows }) => `${name} ${rows} ${digest}`);
};

type World = Readonly<{ house: House; life: Life; watched: Watched; choice: number }>;

const memberOf = ({ life, choice }: World): string => pick(life.members, choice) ?? '';
const activityOf = ({ life, choice }: World): string => pick(life.activities, choice) ?? '';

const ACTS: Readonly<Record<Step['step'], (world: World) => Promise<void>>> = {
  register: async ({ house, life }) => {
    const { memberId } = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
    life.members.push(memberId);
  },
  correct: async (world) => {
    const { house, choice } = world;
    const data = { memberId: memberOf(world), changes: { name: '林一诺' } };
    const { correctionId } = await house.run(new RequestCorrection(frameAs('customer-service'), data));
    if (choice % 2 === 1) return;
    const { memberId } = data;
    await house.run(new ApplyCorrection(frameAs('customer-service'), { memberId, correctionId }));
  },
  record: async (world) => {
    const { house, life } = world;
    const occurred = localDate(house.clock.now(), ZONE);
    life.days.add(occurred);
    const record = {
      recordId: '0',
      member: { memberId: memberOf(world) },
      kind: 'purchase',
      occurred,
      details: { units: '1', amount: '9.99' },
    };
    await house.run(new RecordBehaviours(framed('integrator', 'service'), [record]));
  },
  announce: async ({ house, life, choice }) => {
    const plannedEnd = new Date(Date.parse(house.clock.now()) + DAY * (1 + (choice % 3))).toISOString();
    const announced = { title: 'drive', plannedEnd };
    const { activityId } = await house.run(
      new AnnounceActivity(framed('activity-dept', 'activity'), announced),
    );
    life.activities.push(activityId);
  },
  'sign-up': async (world) => {
    const data = {
      activityId: activityOf(world),
      member: { memberId: memberOf(world) },
      details: { note: 'two of us' },
    };
    await world.house.run(new SignUp(framed('integrator', 'activity'), data));
  },
  end: async (world) => {
    const data = { activityId: activityOf(world) };
    await world.house.run(new EndActivity(framed('activity-dept', 'activity'), data));
  },
  night: async ({ house }) => {
    const { signal } = new AbortController();
    for await (const { done } of house.reactor.advance({ tenant: TENANT }, 'P1D', signal)) if (done) return;
  },
  // All days that were lived end, and the sign-ups of what has ended go.
  'half-year': async ({ house }) => {
    await house.clock.advanceTo(shifted(house.clock.now(), HALF_A_YEAR_MS));
    await house.reactor.settle();
  },
  erase: async (world) => {
    const { house, life } = world;
    const data = { memberId: memberOf(world), reason: 'exit', categories: [] };
    await house.run(new RequestErasure(frameAs('integrator'), data));
    life.erased.add(data.memberId);
    await house.reactor.settle();
  },
  mark: async ({ house, life, watched }) => {
    const position = await house.store.head();
    life.marks.push({ position, digests: await digestsAt(house, position, watched) });
  },
};

/** One step; what the rules refuse (somebody who has left, an activity that is over) changes nothing. */
const take = (house: House, life: Life, { step, choice }: Step, watched: Watched) =>
  ACTS[step]({ house, life, watched, choice });

const live = async (house: House, steps: readonly Step[], watched: Watched = all): Promise<Life> => {
  const life: Life = { members: [], erased: new Set(), activities: [], marks: [], days: new Set() };
  for (const step of steps)
    await take(house, life, step, watched).catch((error: unknown) => {
      if (!(error instanceof LacunaError)) throw error;
    });
  await take(house, life, { step: 'night', choice: 0 }, watched);
  return life;
};

/** Marks whose views are not what they were when the mark was set: erasing first and replaying then gives others. */
const changedMarks = async (house: House, { marks }: Life, watched: Watched = all) => {
  const changed: bigint[] = [];
  for (const { position, digests } of marks)
    if ((await digestsAt(house, position, watched)).join() !== digests.join()) changed.push(position);
  return changed;
};

/** What of the erased still opens, asked as a reader would: their fields, and their days. */
const stillOpen = async (house: House, life: Life, custody: Custody): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const member of life.erased) {
    const { events } = await house.store.readStream(memberStreamOf(member));
    const values = events.flatMap(({ data }) => Object.values(data).filter(isSealed));
    const opened = await custody.unseal(TENANT, values);
    if (opened.some(({ kind }) => kind === 'opened')) found.push(`fields of ${member}`);
    const days = await custody
      .openScopes({ tenant: TENANT, subject: member }, 'behaviour', [...life.days])
      .catch((): readonly ScopedKeys[] => []);
    if (days.length > 0) found.push(`days of ${member}`);
  }
  return found;
};

const inHouse = async <T>(work: (house: House) => Promise<T>): Promise<T> => {
  const house = await openHouse();
  try {
    return await work(house);
  } finally {
    await house.drop();
  }
};

it('I6 I9 R077 erasing and then replaying gives what replaying and then erasing gives, whatever happened', async () => {
  await fc.assert(
    fc.asyncProperty(history, (steps) =>
      inHouse(async (house) => {
        const life = await live(house, steps);
        const { store, database } = house;
        const report = await replay({ store, databaseUrl: database.runtimeUrl });
        expect(report.views.filter(({ difference }) => difference !== null)).toEqual([]);
        expect(await changedMarks(house, life)).toEqual([]);
        expect(await stillOpen(house, life, house.custody)).toEqual([]);
      }),
    ),
    { numRuns: 6 },
  );
});

const steps = (...names: readonly Step['step'][]): readonly Step[] =>
  names.map((step) => ({ step, choice: 0 }));

it('R041 R042 half a year of such a history ends its days and its sign-ups, and replays to the same', () =>
  inHouse(async (house) => {
    const lived = ['register', 'register', 'record', 'announce', 'sign-up', 'record'] as const;
    const life = await live(house, steps(...lived, 'mark', 'half-year', 'record', 'erase', 'mark'));
    const types = (await logOf(house)).map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['ActivityEnded', 'BehaviourDayAnonymised', 'SignUpsDeleted']),
    );
    expect(life.marks).toHaveLength(2);
    expect(await changedMarks(house, life)).toEqual([]);
    expect(await stillOpen(house, life, house.custody)).toEqual([]);
  }));

const FIXED = steps('register', 'register', 'record', 'correct', 'record', 'mark', 'erase', 'night', 'mark');

/** The directory, but one that takes something from beside the log for each member it takes in. */
const directoryWith = (nameOf: (memberId: string) => string): Projection => ({
  ...memberDirectory,
  operations: (event) =>
    memberDirectory.operations(event).map((operation) => {
      if (operation.kind !== 'insert' || event.type !== 'MemberRegistered') return operation;
      const { memberId } = event.data as { memberId: string };
      return { ...operation, row: { ...operation.row, name: nameOf(memberId) } };
    }),
});

describe('what the property is there to catch', () => {
  it('a view that caches a name: the next process has none', () =>
    inHouse(async (house) => {
      const cache = new Map<string, string>();
      const caching: Watched = {
        projections: [directoryWith((memberId) => cache.get(memberId) ?? 'nobody')],
        prepare: async () => {
          for (const { type, data } of await logOf(house))
            if (type === 'MemberRegistered') cache.set(String(data['memberId']), 'a name');
        },
      };
      const life = await live(house, FIXED, caching);
      expect(await changedMarks(house, life, caching)).toEqual([]);
      cache.clear();
      const { projections } = caching;
      expect((await changedMarks(house, life, { projections })).length).toBeGreaterThan(0);
    }));

  it('a projector that asks custody for keys', () =>
    inHouse(async (house) => {
      const opened = new Map<string, string>();
      const asking: Watched = {
        projections: [directoryWith((memberId) => opened.get(memberId) ?? 'nobody')],
        prepare: async () => {
          const registered = (await logOf(house)).filter(({ type }) => type === 'MemberRegistered');
          const names = registered.map(({ data }) => data['name']).filter(isSealed);
          const values = await house.custody.unseal(TENANT, names);
          registered.forEach(({ data }, index) => {
            const value = values[index];
            opened.set(String(data['memberId']), value?.kind === 'opened' ? value.plaintext : 'nobody');
          });
        },
      };
      const life = await live(house, FIXED, asking);
      expect(life.erased.size).toBe(1);
      expect((await changedMarks(house, life, asking)).length).toBeGreaterThan(0);
    }));

  it('a fence that is skipped: keys that were opened once and are used again', () =>
    inHouse(async (house) => {
      const kept = new Map<string, readonly ScopedKeys[]>();
      const skipping: Custody = Object.create(house.custody, {
        openScopes: {
          value: async (...asked: Parameters<Custody['openScopes']>) => {
            const name = asked[0].subject;
            const keys = kept.get(name) ?? (await house.custody.openScopes(...asked));
            kept.set(name, keys);
            return keys;
          },
        },
      }) as Custody;
      const before = await live(house, FIXED.slice(0, 5));
      await stillOpen(house, { ...before, erased: new Set(before.members) }, skipping);
      await take(house, before, { step: 'erase', choice: 0 }, all);
      expect(await stillOpen(house, before, house.custody)).toEqual([]);
      expect((await stillOpen(house, before, skipping)).length).toBeGreaterThan(0);
    }));
});
