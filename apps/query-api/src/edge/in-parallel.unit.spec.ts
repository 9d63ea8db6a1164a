import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from './in-parallel.js';

it('keeps the order, and never more at once than it may', async () => {
  let running = 0;
  let highest = 0;
  const work = async (n: number): Promise<number> => {
    highest = Math.max(highest, (running += 1));
    await delay(n % 3);
    running -= 1;
    return n * 2;
  };
  const items = Array.from({ length: 50 }, (_, n) => n);
  expect(await inParallel(items, 8, work)).toEqual(items.map((n) => n * 2));
  expect(highest).toBe(8);
  expect(await inParallel([], 8, work)).toEqual([]);
});

it('an error of one is the error of all', async () => {
  await expect(inParallel([1, 2], 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
