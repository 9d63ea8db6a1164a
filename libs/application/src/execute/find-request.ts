import type { LoadedStream } from './load.js';
import type { Done, Target } from './task.js';

export type Found = Readonly<{ target: Target; done: Done }>;

/** What the request left under one of its names; the events of one command stand one after the other. */
const leftBy = (target: Target, { events }: LoadedStream): Done | null => {
  const firstId = target.eventId(0);
  const start = events.findIndex(({ id }) => id === firstId);
  const first = events[start];
  if (first === undefined) return null;
  let end = first;
  for (let index = 1; events[start + index]?.id === target.eventId(index); index += 1)
    end = events[start + index] ?? end;
  return { event: first, position: end.position, recordedAt: first.recordedAt };
};

/** The request among the loaded events: under the previous month's key first, then under the current one. */
export const findRequest = (
  targets: readonly Target[],
  streams: ReadonlyMap<string, LoadedStream>,
): Found | null => {
  for (const target of targets) {
    const loaded = streams.get(target.stream);
    const done = loaded ? leftBy(target, loaded) : null;
    if (done !== null) return { target, done };
  }
  return null;
};
