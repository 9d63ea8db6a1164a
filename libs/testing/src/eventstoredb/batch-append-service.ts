import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { Code } from '@eventstore/db-client/generated/code_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Message } from 'google-protobuf';
import { checkSize } from './append-service.js';
import { isSpared, noFaults, takeFault } from './double-faults.js';
import type { DoubleExpected, WriteOutcome } from './double-log.js';
import { credentialsError, unhandled, type DoubleNode, type RpcError } from './double-node.js';
import type { ProposedRecord } from './double-records.js';
import { any, code, empty, shared, status as rpcStatus, streams } from './stubs.js';
import { expectedOf, NO_STREAM, proposedOf } from './write-requests.js';

type Pending = { stream: string; expected: DoubleExpected; deadline: number; records: ProposedRecord[] };
type Call = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

type Failure = Readonly<{ code: Code; message: string; type: string; details: Message }>;

const errorOf = ({ code: reason, message, type, details }: Failure): BatchAppendResp => {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), type);
  const error = new rpcStatus.Status();
  error.setMessage(message);
  error.setDetails(packed);
  error.setCode(reason);
  const response = new streams.BatchAppendResp();
  response.setError(error);
  return response;
};

/** The double packs under the client's own short names, as the server does. */
const failed = (reason: Code, name: string, details: Message): BatchAppendResp =>
  errorOf({ code: reason, message: name, type: `event_store.client.${name}`, details });

/** Of a write that the node does not handle there are only words. */
const notHandled = ({ details: message }: RpcError): BatchAppendResp =>
  errorOf({ code: code.Code.OK, message, type: 'google.protobuf.Empty', details: new empty.Empty() });

const badRequest = (error: unknown): BatchAppendResp => {
  const bad = new shared.BadRequest();
  bad.setMessage(error instanceof Error ? error.message : '');
  return failed(code.Code.INVALID_ARGUMENT, 'BadRequest', bad);
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
  expected: expectedOf(options, options.getStreamPosition()),
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

/** A node that knows the leader breaks the call off and names it. */
const namesLeader = (refused: RpcError): boolean => refused.metadata.get('exception')[0] === 'not-leader';

class BatchCall {
  private readonly writes = new Map<string, Pending>();
  private isLost = false;

  constructor(
    private readonly node: DoubleNode,
    private readonly call: Call,
  ) {}

  take(request: BatchAppendReq): void {
    if (this.isLost) return;
    const correlation = request.getCorrelationId()?.getString() ?? '';
    const options = request.getOptions();
    const write = options ? begin(options) : this.writes.get(correlation);
    if (!write) return;
    this.writes.set(correlation, write);
    try {
      write.records.push(...request.getProposedMessagesList().map(proposedOf));
    } catch (error) {
      this.writes.delete(correlation);
      answer(this.call, request, write, badRequest(error));
      return;
    }
    if (!request.getIsFinal()) return;
    this.writes.delete(correlation);
    this.write(request, write);
  }

  private write(request: BatchAppendReq, write: Pending): void {
    const { node, call } = this;
    const refused = unhandled(node, call.metadata);
    if (refused && namesLeader(refused)) {
      call.emit('error', refused);
      return;
    }
    const requestsToLose = node.faults.loseRequests;
    const response = refused ? notHandled(refused) : handle(node, write);
    // What comes after a lost request on its connection is lost with it.
    this.isLost = node.faults.loseRequests < requestsToLose;
    if (response) answer(call, request, write, response);
  }
}

/** Writes come over one call, one after the other, and are answered by correlation id. */
export const batchAppendService =
  (node: DoubleNode): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> =>
  (call) => {
    call.on('end', () => call.end());
    call.on('error', () => undefined);
    const denied = credentialsError(node.user, call.metadata);
    if (denied) {
      call.emit('error', denied);
      return;
    }
    const batch = new BatchCall(node, call);
    call.on('data', (request: BatchAppendReq) => batch.take(request));
  };
