import { Batcher, type Settled } from './batcher.js';

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const recording = (keysOf?: (job: string) => readonly string[], lanes = 1) => {
  const batches: (readonly string[])[] = [];
  const batcher = new Batcher<string, string>({
    limit: 50,
    lanes,
    maxQueued: 100,
    ...(keysOf && { keysOf }),
    run: async (jobs) => {
      batches.push(jobs);
      await later();
      return jobs.map((job): Settled<string> =>
        job.startsWith('bad') ? { error: new Error(job) } : { ok: `${job}!` },
      );
    },
  });
  return { batches, batcher };
};

it('lets callers share a batch, and a loser hurts nobody else', async () => {
  const { batches, batcher } = recording();
  const answers = await Promise.allSettled(['a', 'bad', 'c'].map((job) => batcher.submit(job)));
  expect(batches).toEqual([['a', 'bad', 'c']]);
  expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).toEqual([
    'a!',
    'refused',
    'c!',
  ]);
});

it('never runs two jobs of one key at once, and keeps their order, over all lanes', async () => {
  const { batches, batcher } = recording((job) => [job.slice(0, 1)], 3);
  await Promise.all(['a1', 'b1', 'a2', 'a3', 'b2'].map((job) => batcher.submit(job)));
  expect(batches).toEqual([['a1', 'b1'], ['a2', 'b2'], ['a3']]);
});

it('refuses beyond its queue, and answers all when a whole batch fails', async () => {
  const batcher = new Batcher<number, number>({
    limit: 10,
    lanes: 1,
    maxQueued: 5,
    run: () => Promise.reject(new Error('gone')),
  });
  const answers = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((job) => batcher.submit(job)));
  const reasons = answers.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : ''));
  expect(reasons.slice(0, 5)).toEqual(Array(5).fill('gone'));
  expect(reasons[5]).toMatch(/too many/);
});
