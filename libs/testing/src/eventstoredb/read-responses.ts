import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { DoubleRecord } from './double-records.js';
import { shared, streams } from './stubs.js';

// "created" counts 100 nanoseconds since 1970.
const TICKS_PER_MS = 10_000n;

const recordedEvent = (record: DoubleRecord): ReadResp.ReadEvent.RecordedEvent => {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString(record.id);
  const stream = new shared.StreamIdentifier();
  stream.setStreamName(Buffer.from(record.stream));
  event.setId(id);
  event.setStreamIdentifier(stream);
  event.setStreamRevision(record.revision.toString());
  event.setCommitPosition(record.position.toString());
  event.setPreparePosition(record.position.toString());
  event
    .getMetadataMap()
    .set('type', record.type)
    .set('created', (BigInt(record.created) * TICKS_PER_MS).toString())
    .set('content-type', record.isJson ? 'application/json' : 'application/octet-stream');
  event.setData(record.data);
  event.setCustomMetadata(record.metadata);
  return event;
};

export const eventResponse = (record: DoubleRecord): ReadResp => {
  const event = new streams.ReadResp.ReadEvent();
  event.setEvent(recordedEvent(record));
  event.setCommitPosition(record.position.toString());
  const response = new streams.ReadResp();
  response.setEvent(event);
  return response;
};

export const checkpointResponse = (position: bigint): ReadResp => {
  const checkpoint = new streams.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(position.toString());
  checkpoint.setPreparePosition(position.toString());
  const response = new streams.ReadResp();
  response.setCheckpoint(checkpoint);
  return response;
};

export const caughtUpResponse = (): ReadResp => {
  const response = new streams.ReadResp();
  response.setCaughtUp(new streams.ReadResp.CaughtUp());
  return response;
};
