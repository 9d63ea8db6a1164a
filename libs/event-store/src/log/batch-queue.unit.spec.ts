import { LacunaError } from '@lacuna/domain/kernel';
import { createBatchQueue, type BatchQueueOptions, type Settled } from './batch-queue.js';

type Run = BatchQueueOptions<number, string>['run'];

const answered = (batch: readonly number[]): Settled<string>[] =>
  batch.map((ask) => ({ answer: `<${ask}>` }));

const queueOf = (run: Run, options: Partial<BatchQueueOptions<number, string>> = {}) =>
  createBatchQueue<number, string>({
    maxQueued: 100,
    maxInFlight: 1,
    newBatch: () => () => true,
    run,
    ...options,
  });

it('gathers what comes while a batch is in flight into the next one', async () => {
  const batches: (readonly number[])[] = [];
  const queue = queueOf(async (batch) => {
    batches.push(batch);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return answered(batch);
  });
  const first = queue.submit(1);
  await new Promise((resolve) => setImmediate(resolve));
  const rest = [2, 3, 4].map((ask) => queue.submit(ask));
  expect(await Promise.all([first, ...rest])).toEqual(['<1>', '<2>', '<3>', '<4>']);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

it('keeps what a batch does not take for the next one, and never runs more than it may', async () => {
  let running = 0;
  const queue = queueOf(
    async (batch) => {
      running += 1;
      expect(running).toBeLessThanOrEqual(2);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return answered(batch);
    },
    {
      maxInFlight: 2,
      newBatch: () => {
        const taken = new Set<number>();
        return (ask) => taken.size < 3 && !taken.has(ask % 4) && Boolean(taken.add(ask % 4));
      },
    },
  );
  const asks = Array.from({ length: 50 }, (_, index) => index);
  expect(await Promise.all(asks.map((ask) => queue.submit(ask)))).toEqual(asks.map((ask) => `<${ask}>`));
});

it('A06 gives each ask its own answer or error', async () => {
  const queue = queueOf((batch) =>
    Promise.resolve(
      batch.map((ask) =>
        ask === 2 ? { error: new LacunaError('EVENT_ID_REUSED') } : { answer: `<${ask}>` },
      ),
    ),
  );
  const settled = await Promise.allSettled([1, 2, 3].map((ask) => queue.submit(ask)));
  expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('A10 refuses beyond its bounds, in number and in bytes, and takes up again', async () => {
  const queue = queueOf((batch) => Promise.resolve(answered(batch)), {
    maxQueued: 3,
    maxQueuedBytes: 100,
    bytesOf: (ask) => ask,
  });
  const inTime = [10, 20, 30].map((ask) => queue.submit(ask));
  await expect(queue.submit(1)).rejects.toMatchObject({ code: 'STORE_BUSY' });
  await Promise.all(inTime);
  const heavy = queue.submit(90);
  await expect(queue.submit(20)).rejects.toMatchObject({ code: 'STORE_BUSY' });
  expect(await heavy).toBe('<90>');
});

it('tells all who wait when the batch before them found the store gone, then tries anew', async () => {
  let isGone = true;
  const queue = queueOf(
    async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (isGone) throw new LacunaError('STORE_UNAVAILABLE');
      return answered(batch);
    },
    { newBatch: () => (ask) => ask === 1 },
  );
  const settled = await Promise.allSettled([1, 2, 3].map((ask) => queue.submit(ask)));
  expect(settled.map((one) => one.status)).toEqual(['rejected', 'rejected', 'rejected']);
  isGone = false;
  expect(await queue.submit(1)).toBe('<1>');
});

it('closes when what is under way has been answered', async () => {
  const queue = queueOf((batch) => Promise.resolve(answered(batch)));
  const last = queue.submit(1);
  const closed = queue.close();
  await expect(queue.submit(2)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await closed;
  expect(await last).toBe('<1>');
});
