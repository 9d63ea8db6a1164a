import type { JsonObject, NewEvent, Position, RecordedEvent, Revision } from '../event-store.port.js';

/** An event as an engine keeps it: what is asked for in columns, the rest one JSON text that nothing rewrites. */
export type StoredEvent = Readonly<{
  position: Position;
  stream: string;
  revision: Revision;
  id: string;
  type: string;
  recordedAt: string;
  body: string;
}>;

type Envelope = Readonly<{ schemaVersion: number; data: JsonObject; metadata: NewEvent['metadata'] }>;

export const encodeEnvelope = ({ schemaVersion, data, metadata }: NewEvent): string =>
  JSON.stringify({ schemaVersion, data, metadata } satisfies Envelope);

export const decodeEvent = (stored: StoredEvent): RecordedEvent => {
  const { schemaVersion, data, metadata } = JSON.parse(stored.body) as Envelope;
  return {
    id: stored.id,
    type: stored.type,
    schemaVersion,
    data,
    metadata,
    stream: stored.stream,
    revision: stored.revision,
    position: stored.position,
    recordedAt: stored.recordedAt,
  };
};
