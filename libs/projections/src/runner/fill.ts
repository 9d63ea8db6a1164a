import type { EventStore, LogBatch } from '@lacuna/event-store';
import {
  applyRun,
  parkedStreams,
  unparkStream,
  type BuildWriter,
  type EventRun,
} from '../build/apply.store.js';
import type { EventReader, LoggedEvent, ViewProgress } from '../engine/index.js';

/** What views are made of: the log, and what brings its events to their newest schemas. */
export type LogSource = Readonly<{
  store: Pick<EventStore, 'readAll' | 'readStream' | 'head'>;
  read: EventReader;
}>;

// One commit per so many events: enough for COPY to pay, little enough for memory to stay flat.
const EVENTS_PER_RUN = 2_000;

async function* runsOf(
  batches: AsyncIterable<LogBatch>,
  read: EventReader,
): AsyncGenerator<EventRun, undefined> {
  let events: LoggedEvent[] = [];
  let last: LogBatch | undefined;
  for await (const batch of batches) {
    for (const event of batch.events) events.push(read(event));
    last = batch;
    if (events.length < EVENTS_PER_RUN) continue;
    yield { events, position: batch.position, caughtUp: false };
    events = [];
  }
  if (last) yield { events, position: last.position, caughtUp: false };
}

/** Has the next one read while the one in hand is being written. */
async function* readAhead<T>(items: AsyncIterator<T, undefined>): AsyncGenerator<T> {
  let next = items.next();
  // A failure is thrown where it is awaited; until then it must not count as unhandled.
  next.catch(() => undefined);
  for (;;) {
    const item = await next;
    if (item.done) return;
    next = items.next();
    next.catch(() => undefined);
    yield item.value;
  }
}

export const lowest = (views: readonly ViewProgress[]): bigint =>
  views.reduce((least, { position }) => (position < least ? position : least), views[0]?.position ?? 0n);

/** Brings views up to a position, a commit per run: what is done stays done when it breaks off. */
export const fill = async (
  writer: BuildWriter,
  views: readonly ViewProgress[],
  { store, read }: LogSource,
  upTo: bigint,
): Promise<readonly ViewProgress[]> => {
  const after = lowest(views);
  if (after >= upTo) return views;
  let current = views;
  for await (const run of readAhead(runsOf(store.readAll(after, { upTo }), read)))
    current = await applyRun(writer, current, run);
  return current;
};

const waitingEvents = async (
  { store, read }: LogSource,
  stream: string,
  from: bigint,
  upTo: bigint,
): Promise<readonly LoggedEvent[]> => {
  const waiting: LoggedEvent[] = [];
  for (let next = from; ;) {
    const { events } = await store.readStream(stream, { from: next });
    waiting.push(...events.filter(({ position }) => position <= upTo).map(read));
    const last = events.at(-1);
    if (!last || last.position > upTo) return waiting;
    next = last.revision + 1n;
  }
};

/** Tries every parked stream of these views again, in order; returns the views with those that flow again. */
export const retryParked = async (
  writer: BuildWriter,
  views: readonly ViewProgress[],
  source: LogSource,
): Promise<readonly ViewProgress[]> => {
  const after: ViewProgress[] = [];
  for (const view of views) {
    const parked = new Set(view.parked);
    for (const { stream, fromRevision } of await parkedStreams(writer, view.projection.name)) {
      const waiting = await waitingEvents(source, stream, fromRevision, view.position);
      if (await unparkStream(writer, view, waiting)) parked.delete(stream);
    }
    after.push({ ...view, parked });
  }
  return after;
};
