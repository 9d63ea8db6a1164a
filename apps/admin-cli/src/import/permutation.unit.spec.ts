import fc from 'fast-check';
import { Permutation } from './permutation.js';

const seed = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const all = (key: string, size: number): readonly number[] => new Permutation(key, size).slice(0, size);
const SEED = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

it('gives each number once, for every size and seed', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 3_000 }), (key, size) => {
      const seen = new Set(all(key, size));
      return seen.size === size && [...seen].every((value) => value >= 0 && value < size);
    }),
    { numRuns: 100 },
  );
  for (let size = 0; size <= 130; size += 1)
    expect([...all(SEED, size)].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, at) => at));
});

it('gives the same whether it is asked for all at once or in chunks', () => {
  fc.assert(
    fc.property(
      seed,
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 70 }),
      (key, size, chunk) => {
        const permutation = new Permutation(key, size);
        const parts: number[] = [];
        for (let at = 0; at < size; at += chunk) parts.push(...permutation.slice(at, at + chunk));
        const whole = all(key, size);
        return parts.length === size && parts.every((value, at) => value === whole[at]);
      },
    ),
    { numRuns: 100 },
  );
});

it('gives another order for another seed, and none that follows the file', () => {
  const size = 5_000;
  const one = all(SEED, size);
  const other = all(SEED.replace('0', '1'), size);
  // A random order keeps one number in its place, and one neighbour beside it, on the mean.
  const kept = one.filter((value, at) => value === at).length;
  const neighbours = one.filter((value, at) => value + 1 === one[at + 1]).length;
  const agreeing = one.filter((value, at) => value === other[at]).length;
  expect(Math.max(kept, neighbours, agreeing)).toBeLessThan(10);
});

it('puts every number in every place alike', () => {
  const size = 7;
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const rounds = 3_500;
  for (let key = 0; key < rounds; key += 1)
    all(key.toString(16).padStart(64, '0'), size).forEach((value, at) => (counts[value]![at]! += 1));
  // Chi square with 36 degrees of freedom: above 80 once in a hundred thousand honest runs, and the keys are fixed.
  const mean = rounds / size;
  const chi = counts.flat().reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  expect(chi).toBeLessThan(80);
});

it('knows five million numbers without holding them', () => {
  const permutation = new Permutation(SEED, 5_000_000);
  const some = [0, 1_234_500, 4_999_500].flatMap((from) => permutation.slice(from, from + 500));
  expect(new Set(some).size).toBe(1_500);
  expect(some.every((value) => value >= 0 && value < 5_000_000)).toBe(true);
});

it('takes no seed that is none', () => {
  expect(() => new Permutation('abc', 5)).toThrow('32 bytes');
});
