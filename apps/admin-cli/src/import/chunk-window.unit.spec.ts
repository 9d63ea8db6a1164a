import { setTimeout as later } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { errorRow } from '@lacuna/contracts';
import { RefusedError } from '../output/cli-error.js';
import { insist, sendChunks } from './chunk-window.js';

const refused = (reason: string | null, grpcCode: number): RefusedError =>
  new RefusedError({ grpcCode, reason, message: 'no', violations: [], errorId: null });
const by = (reason: string): RefusedError => refused(reason, errorRow(reason)!.grpc);
const passing = (): RefusedError => by('CUSTODY_UNAVAILABLE');
const outOfTurn = (): RefusedError => by('IMPORT_CHUNK_INVALID');
const cutOff = (): RefusedError => refused(null, status.UNAVAILABLE);

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
    if (chunk === 1) throw by('POLICY_DENIED');
    return chunk;
  });
  expect([sent, taken, underWay]).toEqual([[0, 1, 2, 3], [0], 0]);
  expect(ended).toMatchObject({ details: { reason: 'POLICY_DENIED' } });
});

/** Chunks at two servers, as two command-apis on one database: each knows what is under way at itself, both what is in. */
const twoServers = () => {
  let next = 0;
  const underWay = [new Set<number>(), new Set<number>()];
  return async (server: 0 | 1, chunk: number): Promise<number> => {
    const here = underWay[server]!;
    if (chunk < next) return chunk;
    if (chunk > next && !here.has(chunk - 1)) throw outOfTurn();
    here.add(chunk);
    await later(4);
    while (next < chunk) await later(1);
    next = Math.max(next, chunk + 1);
    here.delete(chunk);
    return chunk;
  };
};

it('G01 chunks that go to another server while those before them are at the first come in all the same', async () => {
  const serve = twoServers();
  // The connection moves after the third call, back after the tenth.
  const { sent, taken, ended, underWay } = await sending(12, (chunk, call) =>
    serve(call < 3 || call > 10 ? 0 : 1, chunk),
  );
  expect([taken, ended, underWay]).toEqual([[...Array(12).keys()], undefined, 0]);
  expect(sent.length).toBeGreaterThan(12);
});

it('G01 a server that goes away in the middle cuts what is under way, and it is sent again', async () => {
  const serve = twoServers();
  const { taken, ended } = await sending(9, async (chunk, call) => {
    if (call < 3) return serve(0, chunk);
    if (call < 6) {
      await later(2);
      throw cutOff();
    }
    return serve(1, chunk);
  });
  expect([taken, ended]).toEqual([[...Array(9).keys()], undefined]);
});

it('one that is out of turn although all before it are in ends the import: once more, and no further', async () => {
  const { sent, taken, ended } = await sending(5, async (chunk) => {
    await later(1);
    if (chunk === 2) throw outOfTurn();
    return chunk;
  });
  expect([taken, sent.filter((chunk) => chunk === 2).length]).toEqual([[0, 1], 2]);
  expect(ended).toMatchObject({ details: { reason: 'IMPORT_CHUNK_INVALID' } });
  const first = await sending(1, () => Promise.reject(outOfTurn()));
  expect([first.sent, first.taken]).toEqual([[0], []]);
});

it('insists where nobody has answered, and not where a server of ours has refused', async () => {
  let calls = 0;
  const answer = await insist(() => ((calls += 1) < 3 ? Promise.reject(cutOff()) : Promise.resolve('in')));
  expect([answer, calls]).toEqual(['in', 3]);
  for (const error of [refused(null, status.INTERNAL), by('POLICY_DENIED'), new Error('of the file')]) {
    calls = 0;
    const refusal = insist(() => Promise.reject(((calls += 1), error)));
    await expect(refusal).rejects.toBe(error);
    expect(calls).toBe(1);
  }
});
