import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { LacunaError } from '@lacuna/domain/kernel';
import type { Position, Revision } from '../event-store.port.js';
import { lost, wouldForget } from './store-errors.js';

export type RecordToWrite = Readonly<{ id: string; type: string; data: Buffer; metadata: Buffer }>;

/** Always at an explicit revision: only then does the server promise that the same write is the same. */
export type StreamWrite = Readonly<{
  stream: string;
  expected: Revision | 'none';
  records: readonly RecordToWrite[];
  /** No attempt to write it begins later: by our clock, in milliseconds. */
  until?: number;
}>;

export type WriteAnswer =
  | Readonly<{ kind: 'written'; revision: Revision; position: Position | null }>
  | Readonly<{ kind: 'conflict'; actual: Revision | null }>;

// One message of the call; the server takes 16 MiB.
const MESSAGE_BYTES = 1_048_576;

const uuidOf = (id: string): InstanceType<typeof shared.UUID> => {
  const uuid = new shared.UUID();
  uuid.setString(id);
  return uuid;
};

const proposedOf = ({ id, type, data, metadata }: RecordToWrite): BatchAppendReq.ProposedMessage => {
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setId(uuidOf(id));
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  message.setData(data);
  message.setCustomMetadata(metadata);
  return message;
};

// Without a deadline: it would be judged by the server's clock, which may be another than ours.
const optionsOf = ({ stream, expected }: StreamWrite): BatchAppendReq.Options => {
  const name = new shared.StreamIdentifier();
  name.setStreamName(Buffer.from(stream));
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(name);
  if (expected === 'none') options.setNoStream(new empty.Empty());
  else options.setStreamPosition(expected.toString());
  return options;
};

/** The messages of one write, in order; the last one says that it is. */
export const batchRequests = (correlation: string, write: StreamWrite): BatchAppendReq[] => {
  const begin = (): BatchAppendReq => {
    const request = new streams.BatchAppendReq();
    request.setCorrelationId(uuidOf(correlation));
    request.setIsFinal(false);
    return request;
  };
  let current = begin();
  current.setOptions(optionsOf(write));
  const requests = [current];
  let bytes = 0;
  for (const record of write.records) {
    const size = record.data.length + record.metadata.length;
    if (bytes > 0 && bytes + size > MESSAGE_BYTES) {
      requests.push((current = begin()));
      bytes = 0;
    }
    current.addProposedMessages(proposedOf(record));
    bytes += size;
  }
  current.setIsFinal(true);
  return requests;
};

const PACKAGE = 'event_store.client.';

const refused = (why: string): LacunaError => new LacunaError('STORE_REFUSED', why);

const FAILURES: Readonly<Record<string, () => LacunaError>> = {
  StreamDeleted: () => wouldForget('a stream of the log was deleted in EventStoreDB'),
  MaximumAppendSizeExceeded: () => refused('EventStoreDB takes less in one append: raise its MaxAppendSize'),
  MaximumAppendEventSizeExceeded: () => refused('EventStoreDB takes smaller events: raise its limit'),
  AccessDenied: () => refused('this user may not append to the log in EventStoreDB'),
  BadRequest: () => refused('EventStoreDB called an append a bad request'),
  InvalidTransaction: () => refused('EventStoreDB called an append an invalid transaction'),
  Timeout: () => lost('timeout'),
};

const readWrong = (bytes: Uint8Array): InstanceType<typeof shared.WrongExpectedVersion> =>
  shared.WrongExpectedVersion.deserializeBinary(bytes);

const failureOf = (response: BatchAppendResp): WriteAnswer | LacunaError => {
  const details = response.getError()?.getDetails();
  const name = details?.getTypeName().replace(PACKAGE, '') ?? '';
  if (name !== 'WrongExpectedVersion') return FAILURES[name]?.() ?? lost('unknown');
  const wrong = details?.unpack(readWrong, `${PACKAGE}${name}`);
  const actual = wrong?.hasCurrentStreamRevision() ? BigInt(wrong.getCurrentStreamRevision()) : null;
  return { kind: 'conflict', actual };
};

const NOT_HANDLED = 'google.protobuf.Empty';
const BUSY = 'Server Is Busy';

/** The node does not handle writes: it is not ready, or follows nobody. A busy one is the right one to ask again. */
export const isOfNoUse = (response: BatchAppendResp): boolean => {
  const error = response.getError();
  return error?.getDetails()?.getTypeName() === NOT_HANDLED && error.getMessage() !== BUSY;
};

/** What the server said of one write; an error where it did not say what became of it, or would never take it. */
export const answerOf = (response: BatchAppendResp): WriteAnswer | LacunaError => {
  const success = response.getSuccess();
  if (!success) return failureOf(response);
  const position = success.getPosition();
  return {
    kind: 'written',
    revision: BigInt(success.getCurrentRevision()),
    position: position ? BigInt(position.getCommitPosition()) : null,
  };
};

export const correlationOf = (response: BatchAppendResp): string =>
  response.getCorrelationId()?.getString() ?? '';
