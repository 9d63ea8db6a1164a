/** A set of combinations: for each dimension the values it takes there. */
export type Span = readonly (readonly string[])[];

/** The combinations that both have; null: none. */
export const meet = (one: Span, other: Span): Span | null => {
  const met = one.map((values, dimension) => values.filter((value) => other[dimension]?.includes(value)));
  return met.some((values) => values.length === 0) ? null : met;
};

/** What is left of a span, cut into spans that do not overlap: for each dimension, what differs there first. */
const without = (span: Span, cut: Span): readonly Span[] => {
  const common = meet(span, cut);
  if (common === null) return [span];
  return span.flatMap((values, dimension) => {
    const rest = values.filter((value) => !common[dimension]?.includes(value));
    if (rest.length === 0) return [];
    return [[...common.slice(0, dimension), rest, ...span.slice(dimension + 1)]];
  });
};

export const remainder = (spans: readonly Span[], cuts: readonly Span[]): readonly Span[] =>
  cuts.reduce<readonly Span[]>((left, cut) => left.flatMap((span) => without(span, cut)), spans);
