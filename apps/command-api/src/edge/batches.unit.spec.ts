import { setTimeout as delay } from 'node:timers/promises';
import { Batches } from './batches.js';

const world = (work: (items: readonly number[]) => Promise<readonly string[]>, size = 500) => {
  const sizes: number[] = [];
  const batches = new Batches<number, string>(size, (items) => {
    sizes.push(items.length);
    return work(items);
  });
  return { sizes, batches };
};
const named = (items: readonly number[]) => Promise.resolve(items.map((item) => `r-${item}`));

it('does together what came together, up to its size, and answers each its own', async () => {
  const { sizes, batches } = world(named);
  const answers = await Promise.all(Array.from({ length: 1_201 }, (_, n) => batches.add(n)));
  expect(sizes).toEqual([500, 500, 201]);
  expect(answers).toEqual(Array.from({ length: 1_201 }, (_, n) => `r-${n}`));
});

it('one batch at a time: what arrives meanwhile makes the next', async () => {
  let running = 0;
  const { sizes, batches } = world(async (items) => {
    running += 1;
    expect(running).toBe(1);
    await delay(5);
    running -= 1;
    return named(items);
  });
  const first = batches.add(1);
  await delay(1);
  const rest = [2, 3, 4].map((n) => batches.add(n));
  expect(await Promise.all([first, ...rest])).toEqual(['r-1', 'r-2', 'r-3', 'r-4']);
  expect(sizes).toEqual([1, 3]);
});

it('where the work throws, its items get the error, and the next batch is worked on', async () => {
  const { batches } = world(
    (items) => (items.includes(1) ? Promise.reject(new Error('no')) : named(items)),
    2,
  );
  const answers = await Promise.allSettled([0, 1, 2, 3].map((n) => batches.add(n)));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
});

it('an item without an answer is an error, never a wait without end', async () => {
  const { batches } = world(() => Promise.resolve([]));
  await expect(batches.add(1)).rejects.toThrow('no answer');
});
