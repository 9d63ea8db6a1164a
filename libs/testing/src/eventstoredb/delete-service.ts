import type { handleUnaryCall } from '@grpc/grpc-js';
import type {
  DeleteReq,
  DeleteResp,
  TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { StreamIdentifier } from '@eventstore/db-client/generated/shared_pb.js';
import { refusal, type DoubleNode } from './double-node.js';
import { shared, streams } from './stubs.js';

const nameOf = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');

/** A soft deletion is a truncation before the largest revision. */
export const deleteService =
  (node: DoubleNode): handleUnaryCall<DeleteReq, DeleteResp> =>
  (call, answer) => {
    const refused = refusal(node, call.metadata);
    if (refused) {
      answer(refused);
      return;
    }
    node.log.setMetadata(nameOf(call.request.getOptions()?.getStreamIdentifier()), {
      $tb: Number(2n ** 63n - 1n),
    });
    const response = new streams.DeleteResp();
    response.setNoPosition(new shared.Empty());
    answer(null, response);
  };

export const tombstoneService =
  (node: DoubleNode): handleUnaryCall<TombstoneReq, TombstoneResp> =>
  (call, answer) => {
    const refused = refusal(node, call.metadata);
    if (refused) {
      answer(refused);
      return;
    }
    node.log.tombstone(nameOf(call.request.getOptions()?.getStreamIdentifier()));
    const response = new streams.TombstoneResp();
    response.setNoPosition(new shared.Empty());
    answer(null, response);
  };
