import type { RecordedEvent } from '../event-store.port.js';
import { decodeEvent } from '../log/stored-event.js';

/** The columns of an event, in the order of `EventRow`. */
export const EVENT_COLUMNS = 'e.position, e.stream, e.revision, e.event_id, e.type, e.recorded_at, e.body';

/** As the driver gives it: 64-bit numbers and the envelope as text. */
export type EventRow = readonly [string, string, string, string, string, string, string];

export const eventOfRow = ([
  position,
  stream,
  revision,
  id,
  type,
  recordedAt,
  body,
]: EventRow): RecordedEvent =>
  decodeEvent({ position: BigInt(position), stream, revision: BigInt(revision), id, type, recordedAt, body });
