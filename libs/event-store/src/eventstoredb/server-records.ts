import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { Position, RecordedEvent, Revision } from '../event-store.port.js';
import { decodeEvent } from '../log/stored-event.js';
import { wouldForget } from './store-errors.js';
import { isLogStream, logStream } from './stream-names.js';

/** A record as the server gives it: where it stands, and bytes. */
export type ServerRecord = Readonly<{
  stream: string;
  revision: Revision;
  position: Position;
  id: string;
  type: string;
  data: Uint8Array;
  metadata: Uint8Array;
  /** Milliseconds of the server's clock when it took it; not a number where it does not say. */
  created: number;
}>;

// "created" counts 100 nanoseconds since 1970.
const TICKS_PER_MS = 10_000;

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const foreign = (why: string): LacunaError =>
  new LacunaError('STORE_REFUSED', `a stream of the log holds what this engine did not write: ${why}`);

export const recordOf = (response: ReadResp): ServerRecord | null => {
  const event = response.getEvent()?.getEvent();
  if (!event) return null;
  const [commit, metadata] = [event.getCommitPosition(), event.getMetadataMap()];
  // Both are the record's place, but for transactions of the old protocol: one number could not name theirs.
  if (commit !== event.getPreparePosition()) throw foreign('it stands in a transaction');
  return {
    stream: textOf(event.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()),
    revision: BigInt(event.getStreamRevision()),
    position: BigInt(commit),
    id: event.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    data: event.getData_asU8(),
    metadata: event.getCustomMetadata_asU8(),
    created: Number(metadata.get('created') ?? NaN) / TICKS_PER_MS,
  };
};

/** What stands beside an event's envelope. */
export const encodeRecordedAt = (recordedAt: Instant): Buffer => Buffer.from(JSON.stringify({ recordedAt }));

const recordedAtOf = (record: ServerRecord): Instant => {
  const read = jsonOf(record.metadata);
  if (typeof read['recordedAt'] !== 'string') throw foreign('it does not say when it was recorded');
  return read['recordedAt'];
};

export const jsonOf = (bytes: Uint8Array): Readonly<Record<string, unknown>> => {
  try {
    const read: unknown = JSON.parse(textOf(bytes));
    if (typeof read === 'object' && read !== null) return read as Readonly<Record<string, unknown>>;
  } catch {
    // The reason would quote the bytes.
  }
  throw foreign('it is not JSON');
};

// What the server writes into a stream that it deletes for good.
const STREAM_DELETED = '$streamDeleted';

export const eventOf = (record: ServerRecord): RecordedEvent => {
  if (record.type === STREAM_DELETED) throw wouldForget('a stream of the log was deleted in EventStoreDB');
  if (!isLogStream(record.stream)) throw foreign('it is of another stream');
  return decodeEvent({
    position: record.position,
    stream: logStream(record.stream),
    revision: record.revision,
    id: record.id,
    type: record.type,
    recordedAt: recordedAtOf(record),
    body: textOf(record.data),
  });
};
