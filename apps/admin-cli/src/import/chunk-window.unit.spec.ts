import { setTimeout as later } from 'node:timers/promises';
import { CliError } from '../output/cli-error.js';
import { sendChunks } from './chunk-window.js';

const passing = (): CliError => new CliError(2, 'try again', { reason: 'CUSTODY_UNAVAILABLE' });
const outOfTurn = (): CliError => new CliError(2, 'not yours', { reason: 'IMPORT_CHUNK_INVALID' });

/** Chunks 0 .. count-1, each of which `answer` answers; what was sent when, and what was taken. */
const sending = async (count: number, answer: (chunk: number, call: number) => Promise<number>) => {
  const sent: number[] = [];
  const taken: number[] = [];
  let underWay = 0;
  let most = 0;
  const ended = await sendChunks({
    from: 0,
    to: count,
    send: async (chunk) => {
      most = Math.max(most, (underWay += 1));
      try {
        return await answer(chunk, sent.push(chunk) - 1);
      } finally {
        underWay -= 1;
      }
    },
    take: (chunk) => taken.push(chunk),
  }).catch((error: unknown) => error);
  return { sent, taken, most, underWay, ended };
};

it('sends in order, three at once, and takes each answer in its turn however they come', async () => {
  const { sent, taken, most, ended } = await sending(10, async (chunk) => {
    await later(chunk % 3 === 0 ? 12 : 2);
    return chunk;
  });
  expect([sent, taken, most, ended]).toEqual([[...Array(10).keys()], [...Array(10).keys()], 3, undefined]);
});

it('has nothing to send where nothing is left', async () => {
  expect(await sending(0, Promise.resolve.bind(Promise))).toMatchObject({ sent: [], taken: [] });
});

it('where one fails in passing, it is sent again and those behind it, too: each is taken once', async () => {
  const broken = new Map([
    [2, passing()],
    [3, outOfTurn()],
    [4, outOfTurn()],
  ]);
  const { sent, taken, underWay } = await sending(7, async (chunk, call) => {
    await later(1);
    const error = call < 5 ? broken.get(chunk) : undefined;
    if (error) throw error;
    return chunk;
  });
  expect(sent).toEqual([0, 1, 2, 3, 4, 2, 3, 4, 5, 6]);
  expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(underWay).toBe(0);
});

it('a refusal ends it once nothing is under way any more, and nothing behind it is taken', async () => {
  const { sent, taken, underWay, ended } = await sending(9, async (chunk) => {
    await later(chunk === 1 ? 1 : 8);
    if (chunk === 1) throw new CliError(2, 'no', { reason: 'POLICY_DENIED' });
    return chunk;
  });
  expect([sent, taken, underWay]).toEqual([[0, 1, 2, 3], [0], 0]);
  expect(ended).toMatchObject({ details: { reason: 'POLICY_DENIED' } });
});
