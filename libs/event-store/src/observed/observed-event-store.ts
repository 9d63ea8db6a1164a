import { hasCode } from '@lacuna/domain/kernel';
import { inSpan, type Metrics, type OpenSpan } from '@lacuna/runtime';
import type { AppendRequest, AppendResult, ClosableEventStore, EventStore } from '../event-store.port.js';

const resultOf = (error: unknown): 'unavailable' | 'busy' | 'refused' => {
  if (hasCode(error, 'STORE_UNAVAILABLE')) return 'unavailable';
  return hasCode(error, 'STORE_BUSY', 'STORE_CONTENDED') ? 'busy' : 'refused';
};

/** Counts and times what was answered. An append of behaviour is told by nothing: see `Lots`. */
const measured = async (
  store: Pick<EventStore, 'append'>,
  metrics: Metrics,
  request: AppendRequest,
): Promise<AppendResult> => {
  const began = performance.now();
  try {
    const answer = await store.append(request);
    metrics.count('lacuna_log_appends_total', 1, { result: answer.kind });
    if (answer.kind === 'appended') metrics.count('lacuna_log_events_total', request.events.length);
    return answer;
  } catch (error) {
    metrics.count('lacuna_log_appends_total', 1, { result: resultOf(error) });
    throw error;
  } finally {
    metrics.observe('lacuna_log_append_duration_seconds', (performance.now() - began) / 1_000);
  }
};

/** The same store, every append of which is counted, timed and traced. */
export const observeAppends = (store: ClosableEventStore, metrics: Metrics): ClosableEventStore => ({
  append: (request) =>
    inSpan('append', {}, async (span: OpenSpan) => {
      const answer = await measured(store, metrics, request);
      span.say({ 'lacuna.append': answer.kind });
      return answer;
    }),
  readStream: (stream, read) => store.readStream(stream, read),
  readAll: (after, read) => store.readAll(after, read),
  subscribe: (after, read) => store.subscribe(after, read),
  head: () => store.head(),
  close: () => store.close(),
  ...(store.recordedDisorderMs === undefined ? {} : { recordedDisorderMs: store.recordedDisorderMs }),
});
