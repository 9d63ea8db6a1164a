import { LacunaError } from '@lacuna/domain/kernel';
import type { AppendRequest, ExpectedRevision, NewEvent } from '../event-store.port.js';
import { EVENT_STORE_LIMITS, MAX_INT64 } from '../event-store-limits.js';
import { encodeEnvelope } from './stored-event.js';

/** A request that any engine can take: checked, and its events written out. */
export type CheckedAppend = Readonly<{
  stream: string;
  expected: ExpectedRevision;
  now: string;
  events: readonly Readonly<{ id: string; type: string; body: string }>[];
  bytes: number;
}>;

const EVENT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// Four-digit years only: then instants compare as text, which is how `max(previous, now)` is made.
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const isName = (text: string, maxBytes: number): boolean =>
  text.length > 0 && text.length <= maxBytes && isStorable(text) && Buffer.byteLength(text) <= maxBytes;

// PostgreSQL's text holds no NUL, and a lone surrogate would come back as another character.
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** Refuses what no engine could give back exactly; a leading `$` is EventStoreDB's own. */
export const checkStreamId = (stream: string): void => {
  if (!isName(stream, EVENT_STORE_LIMITS.maxStreamIdBytes) || stream.startsWith('$'))
    throw new LacunaError('STREAM_ID_INVALID');
};

const checkExpected = (expected: ExpectedRevision): void => {
  if (typeof expected === 'bigint' && (expected < 0n || expected > MAX_INT64))
    throw new LacunaError('REVISION_INVALID');
};

const checkInstant = (now: string): void => {
  if (!INSTANT.test(now) || Number.isNaN(Date.parse(now))) throw new LacunaError('INSTANT_INVALID');
};

const checkIds = (events: readonly NewEvent[]): void => {
  for (const event of events) if (!EVENT_ID.test(event.id)) throw new LacunaError('EVENT_ID_INVALID');
  if (new Set(events.map((event) => event.id)).size !== events.length)
    throw new LacunaError('EVENT_ID_REUSED', 'an append names one event id twice');
};

const writeOut = (event: NewEvent): string => {
  if (!isName(event.type, EVENT_STORE_LIMITS.maxEventTypeBytes)) throw new LacunaError('EVENT_INVALID');
  if (!Number.isSafeInteger(event.schemaVersion) || event.schemaVersion < 1)
    throw new LacunaError('EVENT_INVALID');
  try {
    return encodeEnvelope(event);
  } catch {
    // The reason would quote the data; the caller holds it anyway.
    throw new LacunaError('EVENT_INVALID', 'an event is not JSON');
  }
};

/** Checks a request before anything of it is queued, so that a refused one never reaches its neighbours. */
export const checkAppend = (request: AppendRequest): CheckedAppend => {
  checkStreamId(request.stream);
  checkExpected(request.expected);
  checkInstant(request.now);
  const { maxEventsPerAppend, maxEventBytes, maxAppendBytes } = EVENT_STORE_LIMITS;
  if (request.events.length === 0 || request.events.length > maxEventsPerAppend)
    throw new LacunaError('BATCH_LIMIT', `an append takes 1 to ${maxEventsPerAppend} events`);
  checkIds(request.events);
  let bytes = 0;
  const events = request.events.map((event) => {
    const body = writeOut(event);
    const size = Buffer.byteLength(body);
    if (size > maxEventBytes)
      throw new LacunaError('EVENT_TOO_LARGE', `an event takes ${maxEventBytes} bytes`);
    bytes += size;
    return { id: event.id, type: event.type, body };
  });
  if (bytes > maxAppendBytes) throw new LacunaError('BATCH_LIMIT', `an append takes ${maxAppendBytes} bytes`);
  return { stream: request.stream, expected: request.expected, now: request.now, events, bytes };
};
