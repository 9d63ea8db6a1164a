import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { DoubleNode } from './double-node.js';
import type { DoubleRecord } from './double-records.js';
import { checkpointResponse, eventResponse } from './read-responses.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

/** Sends one response after the other, as fast as the reader takes them, and breaks where it is told to. */
export type Outlet = Readonly<{
  event(record: DoubleRecord): Promise<void>;
  checkpoint(position: bigint): Promise<void>;
  other(response: ReadResp): Promise<void>;
  isGone(): boolean;
}>;

const drained = (call: ReadCall): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      resolve();
    };
    call.on('drain', done);
    call.on('cancelled', done);
  });

export const outletOf = (node: DoubleNode, call: ReadCall): Outlet => {
  let sent = 0;
  const send = async (response: ReadResp): Promise<void> => {
    if (node.faults.readDelayMs > 0) await sleep(node.faults.readDelayMs);
    if (call.cancelled || call.destroyed) return;
    if (!call.write(response)) await drained(call);
  };
  return {
    event: async (record) => {
      sent += 1;
      node.log.asked.sent += 1;
      await send(eventResponse(record));
      const { cutReadsAfter } = node.faults;
      if (cutReadsAfter > 0 && sent % cutReadsAfter === 0) node.dropConnections();
    },
    checkpoint: (position) => send(checkpointResponse(position)),
    other: send,
    isGone: () => call.cancelled || call.destroyed,
  };
};
