import { readEvent, type StoredEvent } from '@lacuna/domain/catalogue';
import type { EventStore, RecordedEvent, Revision } from '@lacuna/event-store';

/** A stream as it stood when it was read. */
export type LoadedStream = Readonly<{
  stream: string;
  events: readonly RecordedEvent[];
  last: Revision | null;
}>;

/** What a state is made of: the reading half of a decider. */
export type Folding<State, Stored extends StoredEvent> = Readonly<{
  initialState: State;
  evolve: (state: State, event: Stored) => State;
}>;

const PAGE = 1_000;

/** Reads a stream to its end, page by page. */
export const loadStream = async (store: EventStore, stream: string): Promise<LoadedStream> => {
  const first = await store.readStream(stream, { limit: PAGE });
  const events = [...first.events];
  let { last } = first;
  let page = first.events.length;
  while (page === PAGE) {
    const next = await store.readStream(stream, { from: BigInt(events.length), limit: PAGE });
    events.push(...next.events);
    page = next.events.length;
    last = next.last;
  }
  return { stream, events, last };
};

/** Folds a stream in the newest shape of its events; personal values stay sealed. */
export const fold = <State, Stored extends StoredEvent>(
  { initialState, evolve }: Folding<State, Stored>,
  { events }: LoadedStream,
): State =>
  events.reduce(
    // The kind of the stream says which union of events it holds; a stranger would not have been appended.
    (state, recorded) => evolve(state, readEvent(recorded) as Stored),
    initialState,
  );
