/** One figure beside its floor, both measured in turn in the same run. */
export type Figure = Readonly<{
  name: string;
  unit: string;
  /** Medians over the rounds. */
  value: number;
  floor: number;
  floorName: string;
  /** The median of the rounds' own ratios, and the lowest and highest of them. */
  ratio: number;
  lowest: number;
  highest: number;
  rounds: number;
  bar: Bar | null;
  /** Null where there is no bar. */
  holds: boolean | null;
  /** What else was measured on the way, by name. */
  parts: Readonly<Record<string, number>>;
}>;

/** `atLeast` for what should be high (throughput), `atMost` for what should be low (a cost). */
export type Bar = Readonly<{ atLeast: number; aim?: number } | { atMost: number }>;

export type Comparison = Readonly<{
  name: string;
  unit: string;
  floorName: string;
  bar?: Bar;
  floor: () => Promise<number>;
  value: () => Promise<number>;
  /** Speed is value/floor; so is a cost, which should be low. `inverse`: floor/value, for times that stand for speed. */
  inverse?: boolean;
  /** Read after each round: the medians go beside the figure. */
  parts?: () => Readonly<Record<string, number>>;
}>;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

export const barHolds = (bar: Bar, ratio: number): boolean =>
  'atLeast' in bar ? ratio >= bar.atLeast : ratio <= bar.atMost;

type Round = Readonly<{ floor: number; value: number; parts: Readonly<Record<string, number>> }>;

const runRound = async (comparison: Comparison): Promise<Round> => {
  const floor = await comparison.floor();
  const value = await comparison.value();
  return { floor, value, parts: comparison.parts?.() ?? {} };
};

const figureOf = (comparison: Comparison, rounds: readonly Round[]): Figure => {
  const { name, unit, floorName, bar = null, inverse = false } = comparison;
  const ratios = rounds.map(({ floor, value }) => (inverse ? floor / value : value / floor));
  const ratio = median(ratios);
  const names = Object.keys(rounds[0]?.parts ?? {});
  return {
    name,
    unit,
    value: median(rounds.map(({ value }) => value)),
    floor: median(rounds.map(({ floor }) => floor)),
    floorName,
    ratio,
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    rounds: rounds.length,
    bar,
    holds: bar === null ? null : barHolds(bar, ratio),
    parts: Object.fromEntries(
      names.map((part) => [part, median(rounds.map(({ parts }) => parts[part] ?? Number.NaN))]),
    ),
  };
};

/**
 * Runs floor and value of each comparison in turn, round after round, so that a machine that drifts drifts for both.
 * A round goes through the comparisons in order: one may build on what the one before it has left.
 */
export const compareAll = async (
  rounds: number,
  comparisons: readonly Comparison[],
): Promise<readonly Figure[]> => {
  const results = comparisons.map((comparison) => ({ comparison, rounds: [] as Round[] }));
  for (let round = 0; round < rounds; round += 1)
    for (const result of results) result.rounds.push(await runRound(result.comparison));
  return results.map((result) => figureOf(result.comparison, result.rounds));
};

export const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e6;
};

export type Load = Readonly<{ count: number; width: number }>;

/** Calls `work(i)` for i < count, `width` at a time, then `after`; gives operations per second, `after` included. */
export const throughput = async (
  { count, width }: Load,
  work: (index: number) => Promise<unknown>,
  after: () => Promise<unknown> = () => Promise.resolve(),
): Promise<number> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  const spent = await milliseconds(async () => {
    await Promise.all(Array.from({ length: width }, lane));
    await after();
  });
  return (count * 1e3) / spent;
};

/** The median time of one call, one caller, in milliseconds. */
export const medianLatency = async (
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> => {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) times.push(await milliseconds(() => work(index)));
  return median(times);
};
