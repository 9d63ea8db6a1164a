import { status, type handleClientStreamingCall, type Metadata } from '@grpc/grpc-js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { DoubleExpected, WriteOutcome } from './double-log.js';
import { refusal, rpcError, streamDeleted, type DoubleNode, type RpcError } from './double-node.js';
import { sizeOnDisk, type ProposedRecord } from './double-records.js';
import { isSpared, noFaults, takeFault } from './double-faults.js';
import { shared, streams } from './stubs.js';
import { expectedOf, NO_STREAM, proposedOf } from './write-requests.js';

const wrongVersion = (expected: DoubleExpected, actual: bigint): AppendResp.WrongExpectedVersion => {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else if (expected === 'exists') wrong.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'none') wrong.setExpectedNoStream(new shared.Empty());
  else wrong.setExpectedRevision(expected.toString());
  if (actual === NO_STREAM) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(actual.toString());
  return wrong;
};

const success = (last: bigint, position: bigint | null): AppendResp.Success => {
  const done = new streams.AppendResp.Success();
  done.setCurrentRevision(last.toString());
  if (position === null) done.setNoPosition(new shared.Empty());
  else {
    const place = new streams.AppendResp.Position();
    place.setCommitPosition(position.toString());
    place.setPreparePosition(position.toString());
    done.setPosition(place);
  }
  return done;
};

/** Counts what the server counts, and refuses what it refuses. */
export const checkSize = (proposed: readonly ProposedRecord[], maxAppendSize: number): boolean =>
  proposed.reduce((sum, record) => sum + sizeOnDisk(record), 0) <= maxAppendSize;

const responseTo = (expected: DoubleExpected, outcome: WriteOutcome, stream: string): AppendResp => {
  const response = new streams.AppendResp();
  if (outcome.kind === 'deleted') throw streamDeleted(stream);
  if (outcome.kind === 'wrong-expected')
    response.setWrongExpectedVersion(wrongVersion(expected, outcome.actual));
  else response.setSuccess(success(outcome.last, outcome.position));
  return response;
};

/** `null`: nothing is answered, for the connection is gone or the server is silent. */
const handle = (
  node: DoubleNode,
  metadata: Metadata,
  options: AppendReq.Options,
  proposed: readonly ProposedRecord[],
): AppendResp | null => {
  const refused = refusal(node, metadata);
  if (refused) throw refused;
  if (node.faults.isSilent) return null;
  const faults = isSpared(node.faults) ? noFaults() : node.faults;
  if (takeFault(faults, 'loseRequests')) {
    node.dropConnections();
    return null;
  }
  if (!checkSize(proposed, node.maxAppendSize))
    throw rpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${node.maxAppendSize} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(node.maxAppendSize),
    });
  const stream = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
  const expected = expectedOf(options, options.getRevision());
  const outcome = node.log.write(stream, expected, proposed);
  if (takeFault(faults, 'loseAnswers')) {
    node.dropConnections();
    return null;
  }
  if (takeFault(faults, 'timeouts'))
    throw rpcError(status.ABORTED, 'Operation timed out: Commit phase timeout.');
  return responseTo(expected, outcome, stream);
};

export const appendService =
  (node: DoubleNode): handleClientStreamingCall<AppendReq, AppendResp> =>
  (call, answer) => {
    let options: AppendReq.Options | undefined;
    const proposed: AppendReq.ProposedMessage[] = [];
    call.on('data', (request: AppendReq) => {
      options = request.getOptions() ?? options;
      const message = request.getProposedMessage();
      if (message) proposed.push(message);
    });
    call.on('end', () => {
      try {
        if (!options) throw rpcError(status.INVALID_ARGUMENT, 'No options');
        const response = handle(node, call.metadata, options, proposed.map(proposedOf));
        if (response) answer(null, response);
      } catch (error) {
        answer(error as RpcError);
      }
    });
  };
