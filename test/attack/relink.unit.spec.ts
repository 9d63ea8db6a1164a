import { randomBytes, randomUUID } from 'node:crypto';
import { searchLinks, tableOf, type LootTable } from './column-pairs.js';
import { byNearest, byOrderOf, plainStrategies, score, type AnonymousEvent, type FileRow } from './relink.js';

// A small generator with a fixed seed: the same people, days and shuffles in every run.
const seeded = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

const shuffled = <Item>(items: readonly Item[], random: () => number): readonly Item[] =>
  items
    .map((item) => [random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);

const DAYS = Array.from({ length: 30 }, (_, day) => `1998-03-${String(day + 1).padStart(2, '0')}`);
const random = seeded(42);
const rows: readonly FileRow[] = DAYS.flatMap((day) =>
  Array.from({ length: 60 }, () => ({
    member: `member-${Math.floor(random() * 500)}`,
    day,
    text: 'x'.repeat(10 + Math.floor(random() * 20)),
  })),
);

type Layout = Readonly<{ events: readonly AnonymousEvent[]; truth: ReadonlyMap<string, string> }>;

const stored = (
  inOrder: readonly FileRow[],
  shape: Readonly<{ size: (row: FileRow) => number; stream: (row: FileRow, index: number) => string }>,
): Layout => {
  const truth = new Map<string, string>();
  const events = inOrder.map((row, index) => {
    const stream = shape.stream(row, index);
    truth.set(stream, row.member);
    return { day: row.day, position: BigInt(index), stream, size: shape.size(row) };
  });
  return { events, truth };
};

const anonymous = { size: () => 256, stream: (_: FileRow, index: number) => `stream-${index}` };
const best = ({ events, truth }: Layout) =>
  plainStrategies.map((strategy) => score(strategy, events, rows, truth));
const scoreOf = (name: string, layout: Layout) => best(layout).find(({ strategy }) => strategy === name);

describe('the re-link attack, tried on layouts that give it something and on one that does not', () => {
  it('E11 re-links more than 80 % of a naive layout, stored in the order of the file', () => {
    expect(scoreOf('order of the file', stored(rows, anonymous))?.precision).toBeGreaterThan(0.8);
  });

  it('E11 finds who has several a day where a stream is a person and a day', () => {
    const layout = stored(shuffled(rows, random), {
      ...anonymous,
      stream: (row) => `${row.day} ${row.member}`,
    });
    expect(scoreOf('repetition', layout)?.likelihood).toBeLessThan(1e-6);
  });

  it('E11 finds lengths that show, and an order of keys that follows the order of events', () => {
    const mixed = shuffled(rows, random);
    const layout = stored(mixed, { ...anonymous, size: (row) => row.text.length });
    expect(scoreOf('size', layout)?.likelihood).toBeLessThan(1e-6);
    const made = new Map<string, number>();
    mixed.forEach(({ member }, index) => made.set(member, made.get(member) ?? index));
    const plain = stored(mixed, anonymous);
    const nearest = byNearest('the key', made, ({ position }) => Number(position));
    expect(score(nearest, plain.events, rows, plain.truth).likelihood).toBeLessThan(1e-6);
    const sorted = [...rows].sort((one, other) => (one.member < other.member ? -1 : 1));
    const inOrder = stored(sorted, anonymous);
    const members = [...new Set(sorted.map(({ member }) => member))];
    const byOrder = byOrderOf({ name: 'members', members });
    expect(score(byOrder, inOrder.events, rows, inOrder.truth).likelihood).toBeLessThan(1e-6);
  });

  it('E11 is no better than guessing within the day where order, size and repetition tell nothing', () => {
    for (const { guesses, likelihood } of best(stored(shuffled(rows, random), anonymous)))
      expect(guesses === 0 || likelihood > 0.001).toBe(true);
  });
});

describe('the search over every pair of columns', () => {
  const members = Array.from({ length: 200 }, () => randomUUID());
  const truth = members.flatMap((member) => [member, member]);
  const events: LootTable = tableOf(
    'events',
    truth.map(
      (_, index) =>
        new Map([
          ['id', randomUUID()],
          ['stream', randomBytes(16).toString('hex')],
          ['n', String(index)],
        ]),
    ),
  );
  const ids = new Map(members.map((member) => [member, member]));
  const keys = tableOf(
    'keys',
    members.map(
      (member) =>
        new Map([
          ['subject', member],
          ['ref', randomUUID()],
        ]),
    ),
  );

  it('finds nothing where nothing is', () => {
    expect(searchLinks(events, [keys], ids, truth)).toEqual([]);
  });

  it('finds a planted link, straight and over a row in between', () => {
    const straight = tableOf(
      'planted',
      truth.map(
        (member, index) =>
          new Map([
            ['event', events.rows[index]?.[0] ?? ''],
            ['member', member],
          ]),
      ),
    );
    expect(searchLinks(events, [keys, straight], ids, truth)).toContainEqual({
      from: 'events.id',
      to: 'planted.event',
      matched: 400,
      correct: 400,
    });
    // A transaction's number that is somebody's customer number too hides nothing.
    const numbered = new Map([...ids, ['23568', members[0] ?? '']]);
    const written: LootTable = {
      ...straight,
      columns: [...straight.columns, 'xmin'],
      rows: straight.rows.map((row) => [...row, '23568']),
    };
    expect(searchLinks(events, [keys, written], numbered, truth)).toContainEqual({
      from: 'events.id',
      to: 'planted.event',
      matched: 400,
      correct: 400,
    });
    const around = tableOf(
      'planted',
      truth.map((member, index) => {
        const ref = keys.rows[members.indexOf(member)]?.[1] ?? '';
        return new Map([
          ['stream', events.rows[index]?.[1] ?? ''],
          ['ref', ref],
        ]);
      }),
    );
    expect(searchLinks(events, [keys, around], ids, truth)).toContainEqual({
      from: 'events.stream',
      to: 'planted.stream',
      matched: 400,
      correct: 400,
    });
  });
});
