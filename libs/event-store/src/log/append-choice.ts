import type { CheckedAppend } from './append-checks.js';

const MAX_REQUESTS = 512;
const MAX_EVENTS = 2_000;
const MAX_BYTES = 8_388_608;

/**
 * Chooses the requests of one commit: one per stream, no event id twice (the function judges requests by what was
 * there before the batch), and not more than keeps a commit short. The first always goes in.
 */
export const newAppendBatch = (): ((request: CheckedAppend) => boolean) => {
  const streams = new Set<string>();
  const ids = new Set<string>();
  let events = 0;
  let bytes = 0;
  const isFull = (request: CheckedAppend): boolean =>
    streams.size >= MAX_REQUESTS ||
    (streams.size > 0 && (events + request.events.length > MAX_EVENTS || bytes + request.bytes > MAX_BYTES));
  return (request) => {
    if (isFull(request) || streams.has(request.stream)) return false;
    if (request.events.some((event) => ids.has(event.id))) return false;
    streams.add(request.stream);
    for (const event of request.events) ids.add(event.id);
    events += request.events.length;
    bytes += request.bytes;
    return true;
  };
};
