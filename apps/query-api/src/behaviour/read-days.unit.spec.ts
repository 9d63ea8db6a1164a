import type { ScopedKeys } from '@lacuna/custody';
import { readDays } from './read-days.js';

const keysOf = (scope: string): ScopedKeys => ({
  scope,
  seal: () => ({ sealed: '' }),
  open: () => null,
  id: (label) => label,
  stream: (ordinal) => `${scope.replaceAll('-', '')}${String(ordinal).padStart(4, '0')}`,
  tag: (label) => label,
  claims: [],
});

/** A view that holds so many records of each day, and counts what it is asked. */
const viewOf = (records: Readonly<Record<string, number>>, missing: readonly string[] = []) => {
  const rounds: number[] = [];
  const standing = new Set(
    Object.entries(records).flatMap(([day, count]) =>
      Array.from({ length: count }, (_, n) => `car-club.behaviour-${keysOf(day).stream(n)}`),
    ),
  );
  for (const stream of missing) standing.delete(stream);
  return {
    rounds,
    behaviours: {
      byStreams: (_tenant: string, names: readonly Readonly<{ day: string; stream: string }>[]) => {
        rounds.push(names.length);
        return Promise.resolve(
          names
            .filter(({ stream }) => standing.has(stream))
            .map(({ day, stream }) => ({ day, stream, eventId: stream, body: { sealed: stream } })),
        );
      },
    },
  };
};

const days = Array.from({ length: 184 }, (_, n) => `1998-${String(n).padStart(4, '0')}`);
const countsOf = (read: Awaited<ReturnType<typeof readDays>>) =>
  Object.fromEntries(read.flatMap(({ keys, rows }) => (rows.length > 0 ? [[keys.scope, rows.length]] : [])));

it('184 days are one statement where no day holds more than three', async () => {
  const view = viewOf({ '1998-0003': 1, '1998-0100': 3 });
  const read = await readDays(view, 'car-club', days.map(keysOf));
  expect(countsOf(read)).toEqual({ '1998-0003': 1, '1998-0100': 3 });
  expect(view.rounds).toEqual([184 * 4]);
});

it('asks further for the full days alone, however many they hold, in their order', async () => {
  const records = { '1998-0003': 4, '1998-0100': 16, '1998-0101': 200 };
  const view = viewOf(records);
  const read = await readDays(view, 'car-club', days.map(keysOf));
  expect(countsOf(read)).toEqual(records);
  expect(view.rounds).toEqual([184 * 4, 3 * 12, 2 * 48, 192]);
  const streams = read.find(({ keys }) => keys.scope === '1998-0101')?.rows.map(({ stream }) => stream) ?? [];
  expect(streams).toEqual([...streams].sort());
});

it('a record that the view has not (parked) hides none that came after it', async () => {
  const view = viewOf({ '1998-0003': 9 }, ['car-club.behaviour-199800030001']);
  const read = await readDays(view, 'car-club', [keysOf('1998-0003')]);
  expect(countsOf(read)).toEqual({ '1998-0003': 8 });
});

it('asks in pieces where many days are full, and nothing where no day lives', async () => {
  const view = viewOf(Object.fromEntries(days.map((day) => [day, 16])));
  const read = await readDays(view, 'car-club', days.map(keysOf));
  expect(Object.keys(countsOf(read))).toHaveLength(184);
  expect(Math.max(...view.rounds)).toBeLessThanOrEqual(4_000);
  const none = viewOf({});
  expect(await readDays(none, 'car-club', [])).toEqual([]);
  expect(none.rounds).toEqual([]);
});
