import type { ScopedKeys } from '@lacuna/custody';
import type { EventStore, RecordedEvent } from '@lacuna/event-store';
import { behaviourStream } from './stored-behaviour.js';

/** What stands in a person's day, in its order; `next` is the first free ordinal. */
export type LoadedDay = Readonly<{ events: readonly RecordedEvent[]; next: number }>;

/** Read side by side: most days hold fewer records than this. */
const WIDTH = 4;

/** Reads a person's day to its end. There are no gaps (`Ordinals`), so the first place that is free is the end. */
export const loadDay = async (store: EventStore, tenant: string, keys: ScopedKeys): Promise<LoadedDay> => {
  const events: RecordedEvent[] = [];
  for (;;) {
    const ordinals = Array.from({ length: WIDTH }, (_, index) => events.length + index);
    const slices = await Promise.all(
      ordinals.map((ordinal) => store.readStream(behaviourStream(tenant, keys, ordinal), { limit: 1 })),
    );
    for (const slice of slices) {
      const [event] = slice.events;
      // What lies behind a free place was appended while we read: it is not part of what we saw.
      if (event === undefined) return { events, next: events.length };
      events.push(event);
    }
  }
};
