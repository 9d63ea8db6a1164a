import { chanceOf } from './binomial.js';

/** A row of the imported file, as whoever brought it in holds it. */
export type FileRow = Readonly<{ member: string; day: string; text: string }>;

/** An event of an anonymised day, as it stands in the log: whatever of it can be compared. */
export type AnonymousEvent = Readonly<{
  day: string;
  /** Its place in the log. */
  position: bigint;
  stream: string;
  /** Bytes of what is sealed. */
  size: number;
}>;

/** What the attacker has in some order that may tell of the order of the events: members as they stand there. */
export type MemberOrder = Readonly<{ name: string; members: readonly string[] }>;

/** What is said about each event of a day, in the log's order: a member, or nothing. */
type DayGuess = (events: readonly AnonymousEvent[], rows: readonly FileRow[]) => readonly (string | null)[];

export type Strategy = Readonly<{ name: string; guess: DayGuess }>;

export type Score = Readonly<{
  strategy: string;
  guesses: number;
  correct: number;
  precision: number;
  /** The precision of whoever guesses within the day. */
  chance: number;
  /** How likely this many correct ones are by chance alone. */
  likelihood: number;
}>;

const spread = (from: readonly string[], over: number): readonly (string | null)[] =>
  Array.from({ length: over }, (_, index) => from[Math.floor((index * from.length) / over)] ?? null);

/** The n-th event of a day is the n-th row of it: the file's own order, or its reverse. */
const byFileOrder: Strategy = {
  name: 'order of the file',
  guess: (events, rows) =>
    spread(
      rows.map(({ member }) => member),
      events.length,
    ),
};

const byFileOrderBackwards: Strategy = {
  name: 'order of the file, backwards',
  guess: (events, rows) => spread(rows.map(({ member }) => member).reverse(), events.length),
};

/** Members stand somewhere in an order of their own (keys, claims, last lock): the day's ones in that order. */
export const byOrderOf = ({ name, members }: MemberOrder): Strategy => {
  const rank = new Map(members.map((member, index) => [member, index]));
  const at = (row: FileRow): number => rank.get(row.member) ?? Number.MAX_SAFE_INTEGER;
  return {
    name: `order of ${name}`,
    guess: (events, rows) =>
      spread(
        [...rows].sort((one, other) => at(one) - at(other)).map(({ member }) => member),
        events.length,
      ),
  };
};

/** Longer rows, longer ciphertexts; says something only of a size that one row and one event of the day have alone. */
const bySize: Strategy = {
  name: 'size',
  guess: (events, rows) => {
    if (new Set(events.map(({ size }) => size)).size === 1) return events.map(() => null);
    const sizes = [...events].sort((one, other) => one.size - other.size);
    const texts = [...rows].sort((one, other) => one.text.length - other.text.length);
    const place = new Map(sizes.map((event, index) => [event, index]));
    return events.map((event) => texts[place.get(event) ?? 0]?.member ?? null);
  },
};

/** Who has several of a day in the file has several in one stream. */
const byRepetition: Strategy = {
  name: 'repetition',
  guess: (events, rows) => {
    const inStream = Map.groupBy(events, ({ stream }) => stream);
    const byMember = Map.groupBy(rows, ({ member }) => member);
    return events.map(({ stream }) => {
      const times = inStream.get(stream)?.length ?? 0;
      if (times < 2) return null;
      const alike = [...byMember].filter(([, own]) => own.length === times);
      return alike[0]?.[0] ?? null;
    });
  },
};

/**
 * Something was written about each member at some moment (a key, a lock, a claim: `places`, by transaction or place in
 * the log): the day's member whose moment is next to the event's is guessed, where only one is so near.
 */
export const byNearest = (
  name: string,
  places: ReadonlyMap<string, number>,
  placeOf: (event: AnonymousEvent) => number,
): Strategy => ({
  name: `moment of ${name}`,
  guess: (events, rows) => {
    const members = [...new Set(rows.map(({ member }) => member))].filter((member) => places.has(member));
    const away = (member: string, at: number): number => Math.abs((places.get(member) ?? 0) - at);
    return events.map((event) => {
      const at = placeOf(event);
      const near = [...members].sort((one, other) => away(one, at) - away(other, at));
      const [first, second] = near;
      if (first === undefined) return null;
      return second !== undefined && away(first, at) === away(second, at) ? null : first;
    });
  },
});

/** The first try of everybody who holds the file and the log. */
export const plainStrategies: readonly Strategy[] = [byFileOrder, byFileOrderBackwards, bySize, byRepetition];

/** The share of a day's events that a guess among the day's members gets right: the best single guess of the day. */
const chanceWithin = (truth: readonly string[]): number => {
  const times = [...Map.groupBy(truth, (member) => member).values()].map(({ length }) => length);
  return times.reduce((sum, own) => sum + (own / truth.length) ** 2, 0);
};

/** `truth`: whose each event is, by stream; the harness knew it while the keys lived. */
export const score = (
  { name, guess }: Strategy,
  events: readonly AnonymousEvent[],
  rows: readonly FileRow[],
  truth: ReadonlyMap<string, string>,
): Score => {
  const rowsOfDay = Map.groupBy(rows, ({ day }) => day);
  const inOrder = [...events].sort((one, other) => (one.position < other.position ? -1 : 1));
  let guesses = 0;
  let correct = 0;
  let chances = 0;
  for (const [day, own] of Map.groupBy(inOrder, (event) => event.day)) {
    const said = guess(own, rowsOfDay.get(day) ?? []);
    const chance = chanceWithin(own.map(({ stream }) => truth.get(stream) ?? ''));
    own.forEach(({ stream }, index) => {
      if (said[index] === null) return;
      guesses += 1;
      chances += chance;
      if (said[index] === truth.get(stream)) correct += 1;
    });
  }
  const chance = guesses === 0 ? 0 : chances / guesses;
  const precision = guesses === 0 ? 0 : correct / guesses;
  return {
    strategy: name,
    guesses,
    correct,
    precision,
    chance,
    likelihood: chanceOf(correct, guesses, chance),
  };
};
