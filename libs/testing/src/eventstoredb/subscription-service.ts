import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { DoubleNode } from './double-node.js';
import { checkpointEvery, filterOf } from './read-options.js';
import { caughtUpResponse } from './read-responses.js';
import type { Outlet } from './outlet.js';

const nextWrite = (node: DoubleNode, isGone: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearInterval(poll);
      stop();
      resolve();
    };
    const stop = node.log.onWrite(done);
    const poll = setInterval(() => isGone() && done(), 100);
  });

/**
 * Catches up from behind a record (-1: from the start), says so once with a checkpoint, then goes live. Checkpoints
 * come after every so many considered records, whether they matched or not. It never ends by itself.
 */
export const subscribeToAll = async (
  node: DoubleNode,
  options: ReadReq.Options,
  after: number,
  outlet: Outlet,
): Promise<void> => {
  const matches = filterOf(options);
  const every = checkpointEvery(options);
  let index = after;
  let considered = 0;
  let isLive = false;
  while (!outlet.isGone()) {
    while (index + 1 < node.log.all.length - node.lag()) {
      if (outlet.isGone()) return;
      const record = node.log.all[(index += 1)];
      if (!record) break;
      considered += 1;
      if (matches(record)) await outlet.event(record);
      if (considered % every === 0) await outlet.checkpoint(record.position);
    }
    const last = node.log.all[index];
    if (!isLive) {
      if (last) await outlet.checkpoint(last.position);
      await outlet.other(caughtUpResponse());
      isLive = true;
    }
    if (index + 1 >= node.log.all.length - node.lag()) await nextWrite(node, outlet.isGone);
  }
};
