import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { Code } from '@eventstore/db-client/generated/code_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Message } from 'google-protobuf';
import { checkSize } from './append-service.js';
import { isSpared, noFaults, takeFault } from './double-faults.js';
import type { DoubleExpected, WriteOutcome } from './double-log.js';
import { refusal, type DoubleNode } from './double-node.js';
import type { ProposedRecord } from './double-records.js';
import { any, code, empty, shared, status as rpcStatus, streams } from './stubs.js';

const NO_STREAM = -1n;

type Pending = { stream: string; expected: DoubleExpected; deadline: number; records: ProposedRecord[] };
type Call = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

const expectedOf = (options: BatchAppendReq.Options): DoubleExpected => {
  if (options.hasNoStream()) return 'none';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'exists' : BigInt(options.getStreamPosition());
};

const proposedOf = (message: BatchAppendReq.ProposedMessage): ProposedRecord => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  isJson: message.getMetadataMap().get('content-type') === 'application/json',
  data: Buffer.from(message.getData_asU8()),
  metadata: Buffer.from(message.getCustomMetadata_asU8()),
});

const failed = (reason: Code, message: string, details: Message): BatchAppendResp => {
  const packed = new any.Any();
  // The double packs under the client's own short names, as the server does.
  packed.pack(details.serializeBinary(), `event_store.client.${message}`);
  const error = new rpcStatus.Status();
  error.setMessage(message);
  error.setDetails(packed);
  error.setCode(reason);
  const response = new streams.BatchAppendResp();
  response.setError(error);
  return response;
};

const wrongVersion = (expected: DoubleExpected, actual: bigint): BatchAppendResp => {
  const wrong = new shared.WrongExpectedVersion();
  if (expected === 'any') wrong.setExpectedAny(new empty.Empty());
  else if (expected === 'exists') wrong.setExpectedStreamExists(new empty.Empty());
  else if (expected === 'none') wrong.setExpectedNoStream(new empty.Empty());
  else wrong.setExpectedStreamPosition(expected.toString());
  if (actual === NO_STREAM) wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(actual.toString());
  return failed(code.Code.ALREADY_EXISTS, 'WrongExpectedVersion', wrong);
};

const succeeded = (last: bigint, position: bigint | null): BatchAppendResp => {
  const success = new streams.BatchAppendResp.Success();
  success.setCurrentRevision(last.toString());
  if (position === null) success.setNoPosition(new empty.Empty());
  else {
    const place = new shared.AllStreamPosition();
    place.setCommitPosition(position.toString());
    place.setPreparePosition(position.toString());
    success.setPosition(place);
  }
  const response = new streams.BatchAppendResp();
  response.setSuccess(success);
  return response;
};

const timedOut = (): BatchAppendResp => failed(code.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());

const responseTo = ({ stream, expected }: Pending, outcome: WriteOutcome): BatchAppendResp => {
  if (outcome.kind === 'wrong-expected') return wrongVersion(expected, outcome.actual);
  if (outcome.kind === 'deleted') {
    const deleted = new shared.StreamDeleted();
    const name = new shared.StreamIdentifier();
    name.setStreamName(Buffer.from(stream));
    deleted.setStreamIdentifier(name);
    return failed(code.Code.NOT_FOUND, 'StreamDeleted', deleted);
  }
  return succeeded(outcome.last, outcome.position);
};

/** `null`: nothing is answered, for the connection is gone or the server is silent. */
const handle = (node: DoubleNode, write: Pending): BatchAppendResp | null => {
  if (node.faults.isSilent) return null;
  const faults = isSpared(node.faults) ? noFaults() : node.faults;
  if (takeFault(faults, 'loseRequests')) {
    node.dropConnections();
    return null;
  }
  if (write.deadline <= Date.now()) return timedOut();
  if (!checkSize(write.records, node.maxAppendSize)) {
    const exceeded = new shared.MaximumAppendSizeExceeded();
    exceeded.setMaxappendsize(node.maxAppendSize);
    return failed(code.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', exceeded);
  }
  const outcome = node.log.write(write.stream, write.expected, write.records);
  if (takeFault(faults, 'loseAnswers')) {
    node.dropConnections();
    return null;
  }
  return takeFault(faults, 'timeouts') ? timedOut() : responseTo(write, outcome);
};

const begin = (options: BatchAppendReq.Options): Pending => ({
  stream: Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
  expected: expectedOf(options),
  deadline: options.getDeadline()?.toDate().getTime() ?? Infinity,
  records: [],
});

const answer = (call: Call, request: BatchAppendReq, write: Pending, response: BatchAppendResp): void => {
  const name = new shared.StreamIdentifier();
  name.setStreamName(Buffer.from(write.stream));
  response.setCorrelationId(request.getCorrelationId());
  response.setStreamIdentifier(name);
  call.write(response);
};

/** Writes come over one call, one after the other, and are answered by correlation id. */
export const batchAppendService =
  (node: DoubleNode): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> =>
  (call) => {
    const writes = new Map<string, Pending>();
    let isLost = false;
    call.on('data', (request: BatchAppendReq) => {
      if (isLost) return;
      const correlation = request.getCorrelationId()?.getString() ?? '';
      const options = request.getOptions();
      const write = options ? begin(options) : writes.get(correlation);
      if (!write) return;
      writes.set(correlation, write);
      write.records.push(...request.getProposedMessagesList().map(proposedOf));
      if (!request.getIsFinal()) return;
      writes.delete(correlation);
      const refused = refusal(node, call.metadata);
      if (refused) {
        call.emit('error', refused);
        return;
      }
      const requestsToLose = node.faults.loseRequests;
      const response = handle(node, write);
      // What comes after a lost request on its connection is lost with it.
      isLost = node.faults.loseRequests < requestsToLose;
      if (response) answer(call, request, write, response);
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
    if (!node.user) return;
    const denied = refusal(node, call.metadata);
    if (denied) call.emit('error', denied);
  };
