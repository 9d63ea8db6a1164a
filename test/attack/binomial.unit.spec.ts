import { chanceOf } from './binomial.js';

// Reference figures: exact sums by hand and R's pbinom(hits - 1, tries, chance, lower.tail = FALSE).
it.each([
  [0, 10, 0.5, 1],
  [10, 10, 0.5, 0.0009765625],
  [8, 10, 0.5, 0.0546875],
  [1, 3, 1 / 3, 1 - (2 / 3) ** 3],
  [5, 5, 0.1, 1e-5],
])('%i of %i with a chance of %d', (hits, tries, chance, expected) => {
  expect(chanceOf(hits, tries, chance)).toBeCloseTo(expected, 9);
});

it('adds up over many tries', () => {
  expect(chanceOf(1_000, 10_000, 0.1)).toBeGreaterThan(0.45);
  expect(chanceOf(1_000, 10_000, 0.1)).toBeLessThan(0.55);
  expect(chanceOf(1_200, 10_000, 0.1)).toBeLessThan(1e-9);
});
